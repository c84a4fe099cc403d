// Every sentence of the page, in Italian first. Reasons, refusals and hints come from the service and
// are shown as they come; they are not here.

import office from "./office.it";

const it = {
  language: "it",
  title: "Sportello POS",
  skip: "Vai alla lettura dell’avviso",

  login: {
    heading: "Accesso allo sportello",
    unlock: "Sportello bloccato",
    unlockText: (name: string) => `Bloccato da ${name}. I pagamenti in corso proseguono da soli.`,
    operator: "Operatore",
    pin: "PIN",
    enter: "Entra",
    reopen: "Sblocca",
    other: "Entra un altro operatore",
    busy: "Accesso in corso…",
    lost: "Il servizio non risponde. Controlla che sia avviato, poi riprova.",
    ended: "La sessione è finita: accedi di nuovo. I pagamenti in corso proseguono da soli.",
  },

  header: {
    operator: "Operatore",
    lock: "Blocca",
    logout: "Esci",
    sounds: "Suoni",
    soundsOn: "accesi",
    soundsOff: "spenti",
    platform: "Piattaforma",
  },

  demo: "DIMOSTRAZIONE: terminale e piattaforma sono simulati, nessun denaro viene mosso",
  lostBanner: "Collegamento con il servizio interrotto. Non si può incassare: riprovo da solo.",
  lostBannerMore: "Un pagamento già avviato prosegue sul terminale: non farlo ripetere.",

  lights: { ready: "Pronto", busy: "Occupato", not_ready: "Non pronto", unknown: "Non ancora interrogato", locked: "Bloccato", adopt: "Da verificare" },
  platformLights: { ready: "raggiungibile", busy: "occupata", not_ready: "non raggiungibile", unknown: "non ancora interrogata" },
  connecting: "Mi collego al servizio…",

  pen: {
    banner: "Qui si guarda soltanto: si incassa da un’altra finestra di questo PC.",
    take: "Incassa da qui",
    ignored: "Lettura ignorata: si incassa da un’altra finestra. Premi F4 per incassare da questa, poi rileggi l’avviso.",
    taken: "Ora si incassa da questa finestra.",
  },

  scan: {
    heading: "Incasso",
    label: "Leggi il QR dell’avviso, o scrivi il codice di 18 cifre",
    hint: "Il lettore funziona da qualsiasi punto della pagina. Più avvisi dello stesso cittadino: leggili uno dopo l’altro, al massimo cinque.",
    button: "Cerca",
    ignored: (terminal: string) => `Lettura ignorata: ${terminal} ha un pagamento in corso. Rileggi l’avviso dopo l’esito.`,
    offline: "Lettura ignorata: manca il collegamento con il servizio.",
  },

  idle: { heading: "Pronto per il prossimo avviso", blocked: "Per ora non si incassa", text: "Leggi l’avviso con il lettore. Poi basta un Invio per incassare." },
  looking: "Cerco l’avviso…",

  unreadable: { heading: "Avviso non trovato", unasked: "Avviso non verificato", anyway: "Cerca lo stesso" },

  debt: {
    heading: "Avviso da incassare",
    notPayable: "Avviso non incassabile",
    creditor: "Ente",
    reason: "Causale",
    debtor: "Debitore",
    due: "Scadenza",
    number: "Codice avviso",
    amount: "Importo",
    printed: (amount: string) => `Sull’avviso stampato: ${amount}`,
    differs: "L’importo è cambiato rispetto alla stampa. Dillo al cittadino prima di incassare.",
    accept: (amount: string) => `Il cittadino accetta ${amount}`,
    accepted: "Importo accettato. Per incassare premi di nuovo Invio.",
    charge: (amount: string) => `Incassa ${amount}`,
    on: (terminal: string) => `su ${terminal}`,
    clear: "Lascia stare",
    ours: "Vedi il pagamento di questo avviso",
  },

  cart: {
    heading: (n: number) => (n === 1 ? "Nel carrello c’è 1 avviso" : `Nel carrello ci sono ${n} avvisi`),
    list: "Avvisi nel carrello",
    total: "Totale",
    due: (day: string) => `scade il ${day}`,
    together: (terminal: string) => `Una sola transazione su ${terminal}.`,
    apart: (n: number, terminal: string) => `${n} transazioni su ${terminal}, una dopo l’altra: un Invio per ciascuna.`,
    one: (terminal: string) => `Una transazione su ${terminal}.`,
    first: (amount: string) => `Incassa il primo: ${amount}`,
    next: (amount: string) => `Incassa il prossimo: ${amount}`,
    looking: "Cerco l’avviso…",
    notPayable: "Non incassabile",
    remove: "Togli",
    keys: "Canc toglie l’avviso segnato; con ↑ e ↓ ne segni un altro.",
    removed: (what: string) => `Tolto dal carrello: ${what}.`,
    already: "Questo avviso è già nel carrello.",
    full: "Lettura ignorata: nel carrello ci sono già cinque avvisi. Incassali, poi leggi gli altri.",
    unfinished: (n: number) => `Lettura ignorata: ${n === 1 ? "resta 1 avviso" : `restano ${n} avvisi`} dello stesso carrello. Invio per continuare, Esc per fermarti.`,
    other: "C’è già un altro avviso nel carrello: incassalo o lascialo stare, poi torna qui.",
    progress: (n: number, of: number) => `Avviso ${n} di ${of}`,
    run: "Il carrello, avviso per avviso",
    waits: "Da incassare",
    stop: "Fermati qui",
    rest: (n: number, amount: string) => `${n === 1 ? "Resta 1 avviso" : `Restano ${n} avvisi`}: ${amount}.`,
    stopped: "Il carrello si ferma qui: che cosa è incassato e che cosa no è qui sotto.",
    allDone: (n: number, amount: string) => `Tutti e ${n} gli avvisi sono incassati: ${amount}.`,
    said: (n: number, amount: string) => `Nel carrello ${n} avvisi, totale ${amount}.`,
  },

  blocks: {
    pen: "Si incassa da un’altra finestra di questo PC. Premi F4 per incassare da questa.",
    restored: "Che cosa manca per incassare, e chi fa che cosa, è in «Stato».",
    looking: "Sto ancora cercando un avviso.",
    line: "Un avviso non si può incassare: toglilo (Canc), poi incassa gli altri.",
    offline: "Manca il collegamento con il servizio: aspetta che torni.",
    not_payable: "Questo avviso non si può incassare.",
    no_terminal: "Nessun terminale è configurato: chiama l’assistenza.",
    busy: "Il terminale ha un pagamento in corso: aspetta che finisca.",
    locked: "Il terminale è bloccato da un pagamento con esito non noto: vedi il riquadro del terminale.",
    adopt: "Il terminale va verificato da un responsabile: vedi il riquadro del terminale.",
  },

  turns: { service: "Lavora il servizio", platform: "Tocca alla piattaforma", citizen: "Tocca al cittadino", bank: "Tocca alla banca", terminal: "Lavora il terminale" },
  phases: {
    "": "La piattaforma conferma l’importo",
    connecting: "Mi collego al terminale",
    checking: "Controllo che il terminale sia libero",
    card: "Avvicina o inserisci la carta nel terminale",
    pin: "Digita il PIN sul terminale",
    bank: "La banca sta decidendo",
    receipt: "Il terminale ha deciso: ricevo lo scontrino",
    verifying: "Verifico l’esito con il terminale",
    other: "Il pagamento prosegue",
  },
  working: {
    heading: "Pagamento in corso",
    reversal: "Storno in corso",
    cancel: "Per annullare: tasto rosso sul terminale. Da qui non si può. Non è annullato finché il terminale non lo dice, qui.",
    noCancel: "Non togliere la carta e non spegnere il terminale.",
    says: "Il terminale mostra:",
  },

  lost: {
    heading: "La richiesta non ha avuto risposta",
    text: "Il servizio non risulta averla ricevuta. Ripetendola non si incassa due volte: ha lo stesso numero di prima.",
    again: "Ripeti la stessa richiesta",
    offline: "Aspetto che torni il collegamento per sapere se il servizio l’ha ricevuta. Non far ripagare.",
  },

  refused: { heading: "Non è partito nulla verso la carta", again: "Riprova", show: "Vedi il pagamento che lo impedisce" },

  unknown: {
    heading: "Esito non noto: non far ripagare",
    checking: "Che cosa sto verificando",
    checkingNow: "Sto chiedendo al terminale com’è andata. La risposta appare qui da sola.",
    checkingIdle: "Il terminale non ha ancora detto com’è andata. La risposta appare qui da sola appena si sa.",
    people: "Le prove non bastano: decidono le persone. In «Da verificare» vedi che cosa si sa e rispondi che cosa dice il terminale.",
    proposed: (by: string) =>
      `${by} ha già risposto: manca la firma di un responsabile (un’altra persona), in «Da verificare». L’avviso resta bloccato.`,
    toVerify: "Vai a Da verificare",
    presetCharged: "Molto probabilmente la carta è stata addebitata.",
    presetNot: "Molto probabilmente la carta non è stata addebitata.",
    within: (minutes: number) => `Se non si sa entro ${minutes === 1 ? "un minuto" : `${minutes} minuti`}, decidono le persone in «Da verificare».`,
    meanwhile: "Intanto",
    keep: "Fai conservare al cittadino lo scontrino del terminale, se è uscito.",
    noticeLocked: "L’avviso resta bloccato: nessuno può incassarlo di nuovo finché l’esito non è provato.",
    otherTerminal: "Puoi servire altri cittadini con un altro terminale (F2).",
    onlyTerminal: "Puoi servire altri cittadini quando questo terminale sarà libero.",
  },

  declined: {
    heading: "Non incassato",
    nothing: "La carta non è stata addebitata.",
    elsewhere: "L’ha chiesto un’altra postazione: un’altra carta si chiede da lì.",
    again: "Altra carta",
  },

  charged: {
    heading: (amount: string) => `Incassato ${amount}`,
    next: "Puoi leggere il prossimo avviso.",
    number: "Ricevuta n.",
    reversing: "Non far ripagare e non rimborsare finché lo storno non è finito.",
    undone: "L’importo torna sulla carta. L’avviso torna incassabile dopo 30 minuti, se non arriva una ricevuta.",
  },

  facts: {
    charged: "Incassato",
    registered: "Registrato",
    chargedAt: (time: string) => `alle ${time}`,
  },

  registered: {
    none: "da inviare alla piattaforma",
    submitting: "invio alla piattaforma in corso",
    awaiting_receipt: "in attesa della ricevuta pagoPA: arriva da sola",
    late: "la ricevuta pagoPA tarda: la cerco, arriva anche domani",
    registered: "la piattaforma ha la ricevuta pagoPA",
    held: "sospeso: va verificato dall’ufficio",
    paid_elsewhere: "già pagato altrove: va rimborsato",
    rejected: "rifiutato dalla piattaforma: se ne occupa l’ufficio",
    closed: "chiuso dall’ufficio",
  },

  states: {
    open: "In corso",
    sent: "In corso",
    unknown: "Esito non noto",
    charged: "Incassato",
    not_charged: "Non incassato",
    reversing: "Storno in corso",
    reversed: "Stornato",
  },

  registrations: {
    none: "Da inviare",
    submitting: "In invio",
    awaiting_receipt: "In attesa",
    late: "In ritardo",
    registered: "Registrato",
    held: "Sospeso",
    paid_elsewhere: "Pagato altrove",
    rejected: "Rifiutato",
    closed: "Chiuso",
  },

  terminal: {
    heading: "Terminale",
    choose: "Scegli il terminale",
    change: "F2 cambia terminale",
    lockedHeading: "Bloccato da un esito non noto",
    lockedText: (amount: string, time: string) =>
      `Il pagamento di ${amount} delle ${time} non ha un esito certo.`,
    unproven: "Non ancora provato: fino alla prima ricevuta pagoPA un incasso alla volta.",
    lockedPlain: "Un pagamento non ha un esito certo.",
    canFree: "Le prove sono al sicuro: puoi liberare il terminale e servire altri. L’avviso resta bloccato.",
    cannotFree: "Sto raccogliendo le prove dal terminale: intanto qui non si incassa. Quando ci sono, appare il tasto per liberarlo.",
    free: "Libera il terminale",
    freed: "Terminale liberato. L’avviso resta bloccato.",
    answers: "Il terminale sta rispondendo, attendi…",
    stillAnswers: "Il terminale sta ancora rispondendo.",
    stillAnswersTodo: "Aspetta che il suo schermo sia fermo, poi premi di nuovo. Se non finisce, chiama l’assistenza.",
    adoptHeading: "Ultima operazione non riconosciuta",
    adoptText:
      "Il terminale ha fatto un’operazione che questo servizio non conosce (incasso manuale, altro PC, dati ripristinati). Prima di incassare un responsabile deve confrontarla con gli scontrini.",
    adoptClerk: "Chiama un responsabile: deve accedere lui per sbloccare il terminale.",
    adopt: "Verificata: riprendi a usare il terminale",
    adopted: "Terminale verificato.",
    showPayment: "Vedi il pagamento",
    busy: "Un momento…",
  },

  slip: { heading: "Scontrino del terminale", print: "Stampa", partial: "Scontrino incompleto: il terminale non l’ha inviato tutto.", none: "Nessuno scontrino." },

  payments: {
    heading: "Pagamenti di oggi",
    summary: (count: number, total: string) =>
      count === 1 ? `1 incassato, ${total}` : `${count} incassati, ${total}`,
    empty: "Ancora nessun pagamento oggi.",
    time: "Ora",
    notice: "Avviso",
    reason: "Causale",
    amount: "Importo",
    charged: "Incasso",
    registered: "Registrazione",
    stan: "STAN",
    terminal: "Terminale",
    detail: "Dettagli",
    detailOf: (amount: string, time: string) => `Dettagli del pagamento di ${amount} delle ${time}`,
    scroll: "Elenco dei pagamenti, scorrevole",
  },

  detail: {
    reference: "Riferimento",
    receiptNumber: "Ricevuta n.",
    operator: "Operatore",
    authCode: "Autorizzazione",
    card: "Carta",
    chargedAmount: "Importo addebitato",
    pagopaReceipt: "Ricevuta pagoPA",
    retryOf: "Ripete il pagamento",
    why: "Motivo",
  },

  said: {
    debt: (reason: string, amount: string) => `Avviso trovato: ${reason}, ${amount}.`,
    charged: (amount: string) => `Incassato ${amount}.`,
    registered: (amount: string) => `Registrato il pagamento di ${amount}.`,
    cleared: "Pronto per il prossimo avviso.",
    terminal: (label: string, light: string) => `Terminale ${label}: ${light}.`,
    online: "Collegamento con il servizio ripristinato.",
  },

  simulated: {
    heading: "Terminale simulato",
    hint: "i tasti che premerebbero il cittadino, o un altro",
    screen: "Il terminale mostra",
    idle: "PRONTO",
    waits: { card: "Aspetta la carta", pin: "Aspetta il PIN", busy: "Al lavoro", "": "A riposo" } as Record<string, string>,
    silent: "Non risponde",
    customer: "Il cittadino",
    others: "Qualcun altro, senza questa cassa",
    power: "Corrente",
    amount: "Euro",
    wrong: "Scrivi un importo, per esempio 7,00.",
    keys: {
      card: "Carta",
      pin: "PIN",
      red: "Tasto rosso",
      manual_sale: "Vendita a mano",
      second_register: "Altra cassa",
      manual_reversal: "Storno a mano",
      close: "Chiusura",
      reboot: "Riavvia",
    } as Record<string, string>,
    done: (key: string) => `${key}: fatto.`,
    under: (key: string) => `${key}: in corso…`,
    failed: (key: string) => `${key}: il terminale non può, adesso.`,
    total: (amount: string) => `Totale sul terminale: ${amount}`,
  },

  office,

  fault: { lost: "Il servizio non ha risposto. Riprova tra poco." },
};

export default it;
/** Texts is the shape that every language fills. */
export type Texts = typeof it;

// The texts of what the counter's parts are up to, of what is gathered for the support, and around the help.

export const status = {
  heading: "Stato",
  intro: "Si può incassare? Che cosa manca, e che cosa fare.",
  words: { ready: "Pronto", unknown: "Non ancora provato: si saprà al primo avviso, o con «Prova adesso»." },
  notReady: (why: string) => `Non pronto: ${why}`,
  parts: { service: "Questo PC", ledger: "Registro", terminal: "Terminale", platform: "Piattaforma", printer: "Stampante" },
  service: { here: "Pronto", lost: "Servizio non raggiungibile" },
  todo: {
    service: "Il servizio di questo PC non risponde: la pagina riprova da sola. Se dura più di un minuto, chiamare l’assistenza.",
    ledger: "Chiamare un responsabile.",
    terminal: "Guardare che sia acceso e collegato, poi «Prova adesso».",
    platform: "Si riprova da soli. Chi ha già pagato è al sicuro: la registrazione aspetta in «Coda».",
    printer: "Guardare che sia accesa, con la carta. I pagamenti non ne dipendono.",
  },
  terminalID: "Codice terminale",
  software: "Programma",
  commissioned: "In servizio dal",
  never: "mai messo in servizio",
  seen: "Ultima risposta",
  version: "Versione",
  clock: (seconds: number) => `L’ora della pagina e quella del servizio differiscono di ${seconds} secondi.`,
  clockTodo: "Chiedere all’assistenza di regolare l’orologio del PC.",
  tryIt: "Prova adesso",
  bundle: {
    heading: "Raccolta per l’assistenza",
    text: "Un solo testo con configurazione, stato e registri tecnici, senza PIN, parole chiave, numeri di carta o dati dei cittadini. Leggerlo prima di inviarlo.",
    clerk: "La prepara un responsabile: firma qui, con il suo codice e il suo PIN.",
    gather: "Prepara la raccolta",
    busy: "Raccolgo…",
    again: "Preparane un’altra",
    save: "Salva",
    read: "Questo è tutto ciò che contiene:",
    broken: "Il testo arrivato non ha questa impronta: prepararla di nuovo.",
    missing: "Questa versione del servizio non prepara ancora la raccolta.",
    missingTodo: "Sul PC: comando «sportello bundle», o chiamare l’assistenza.",
  },
};

export const restored = {
  since: (when: string) => `La copia arriva fino al ${when}: ciò che è stato incassato dopo va riportato, perché nessuno lo paghi due volte.`,
  unread: "non ancora letto. Accenderlo e collegarlo: la lettura parte da sola.",
  same: "letto, non ha lavorato dopo la copia.",
  gap: (found: string) => `ha lavorato dopo la copia (ultima operazione: ${found}). Un responsabile riporta quegli incassi dagli scontrini, poi due persone chiudono il caso.`,
  broughtIn: "letto, gli incassi dopo la copia sono stati riportati.",
  unasked: "ricevute non ancora lette. Si leggono da sole appena risponde.",
  receipts: (n: number) => (n === 1 ? "letta 1 ricevuta dopo la copia." : `lette ${n} ricevute dopo la copia.`),
  unknown: (n: number) => (n === 1 ? "1 ricevuta non è nel registro: può essere di un altro sportello" : `${n} ricevute non sono nel registro: possono essere di altri sportelli`),
  toCase: (id: string) => `Vai al caso ${id}`,
};

export const help = {
  open: "Aiuto",
  close: "Chiudi l’aiuto",
  of: (view: string) => `Aiuto: ${view}`,
  keys: "Tasti",
  lost: "L’aiuto non si è potuto leggere: il servizio non risponde. Riprova tra poco.",
  every: [
    ["F1 o ?", "questo aiuto"],
    ["F8", "l’elenco delle viste, poi le frecce"],
    ["Esc", "indietro, o lascia stare"],
  ],
};

import type { Help } from "../help";

// What each view is for and how it is worked, in its own words. Fetched when somebody asks.
const help: Help = {
  till: {
    text: [
      "Leggi il QR dell’avviso con il lettore, da qualsiasi punto della pagina, o scrivi le 18 cifre e premi Invio.",
      "Controlla con il cittadino importo e causale, poi premi Invio: il terminale chiede la carta. Una lettura, un tasto.",
      "«Incassato» e «Registrato» sono due fatti diversi: il primo lo dice il terminale, il secondo la piattaforma quando ha la ricevuta pagoPA. Il cittadino può andare quando è incassato.",
      "Per annullare mentre il terminale lavora: tasto rosso sul terminale. Da qui non si può.",
      "«Esito non noto» vuol dire che nessuno sa ancora se la carta è stata addebitata: non far ripagare. La risposta arriva da sola, o la danno le persone in «Da verificare».",
    ],
    keys: [
      ["Invio", "cerca, poi incassa"],
      ["F2", "cambia terminale"],
    ],
  },
  debtor: {
    text: [
      "Chi ha perso l’avviso dice il codice fiscale: qui compaiono i suoi avvisi ancora aperti.",
      "«Porta in cassa» lo rilegge e lo mette in cassa; non addebita nulla.",
      "I dati restano solo su questo schermo: «Cancella i dati dallo schermo» li toglie, e anche bloccare lo sportello.",
    ],
  },
  services: {
    text: [
      "Per chi paga senza avviso: si sceglie il servizio, si compila, e nasce un avviso vero che va subito in cassa.",
      "Se la risposta si perde, premi di nuovo lo stesso tasto: è la stessa richiesta, il debito non nasce due volte.",
    ],
  },
  archive: {
    text: [
      "Cerca con quello che hai in mano: le cifre dell’avviso o dello IUV (bastano le prime), l’importo, lo STAN dello scontrino, il giorno. I risultati cambiano mentre scrivi.",
      "«Storia» racconta il pagamento passo per passo, e da lì si ristampano scontrino, ricevuta e attestazione.",
      "Nome e codice fiscale qui non si cercano, perché non sono registrati: serve l’avviso della persona.",
      "«Salva l’elenco» dà un file per il foglio di calcolo con tutto ciò che la ricerca trova, non solo le righe in vista.",
    ],
  },
  story: {
    text: [
      "Tutto ciò che è stato scritto su questo pagamento, nell’ordine: chi, quando, che cosa ha detto il terminale, che cosa la piattaforma.",
      "L’attestazione dice che cosa è provato adesso: se la ricevuta pagoPA non c’è ancora, lo scrive.",
      "Lo storno si può chiedere solo dove il terminale lo permette, finché è la sua ultima operazione, con la stessa carta. Lo decide un responsabile.",
    ],
  },
  verify: {
    text: [
      "Qui stanno i pagamenti di cui nemmeno il terminale ha saputo dire com’è andata. L’avviso è bloccato: nessuno lo può incassare di nuovo.",
      "La domanda è una sola: che cosa mostra o stampa il terminale come sua ultima operazione? Guarda il terminale e lo scontrino del cittadino, poi rispondi.",
      "«Eseguita» se c’è lo scontrino con quell’importo; «Negata o annullata» solo se il terminale lo dice; «Non so» lascia tutto bloccato, e non fa danni.",
      "Se le prove del terminale non bastano, firma anche un responsabile: da qui, con il suo PIN, o da un altro PC.",
      "Il terminale si può liberare per servire altri: l’avviso resta bloccato lo stesso.",
    ],
  },
  cases: {
    text: [
      "Un caso è qualcosa che solo le persone possono sistemare: un rimborso, una ricevuta che manca, totali che non tornano.",
      "Ogni caso dice a chi è affidato ed entro quando. Si chiude con una prova: il numero del mandato, il protocollo.",
      "Dove c’è di mezzo il denaro di un cittadino servono due persone.",
    ],
  },
  queue: {
    text: [
      "Ciò che è incassato e aspetta la ricevuta pagoPA. Non c’è nulla da premere: si registra da solo, anche dopo ore.",
      "«Entro» è il prossimo termine. Giallo: la ricevuta tarda e la si cerca. Rosso: è passato il giorno utile, ed è un caso dell’ufficio.",
      "Se la piattaforma non risponde, e l’ente lo ha scelto, un responsabile può aprire un periodo in cui si incassa lo stesso, entro limiti che qui si vedono riempirsi.",
    ],
  },
  closing: {
    text: [
      "«Leggi i totali» mette vicini il registro di questo sportello e il terminale, senza cambiare nulla.",
      "«Chiudi la sessione» azzera i totali del terminale: lo fa un responsabile, a fine giornata, quando nessuno sta pagando.",
      "Se i totali differiscono, qui c’è scritto di quanto e quali pagamenti possono spiegarlo. Una differenza senza pagamenti è di solito un incasso digitato sul terminale.",
      "Il riepilogo del giorno si salva come PDF per l’ufficio o come file per la contabilità.",
    ],
  },
  status: {
    text: [
      "Una parola dice se si può incassare. Sotto, ogni parte dice perché no e che cosa fare.",
      "«Prova adesso» chiede al terminale se è pronto: non muove denaro.",
      "La raccolta per l’assistenza si legge tutta prima di salvarla. L’impronta SHA-256 serve a provare che il file non è stato cambiato.",
    ],
  },
};

export default help;

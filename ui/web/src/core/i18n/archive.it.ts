// The texts of the archive and of everything that leaves the counter on paper or as a file.

export const archive = {
  heading: "Archivio",
  intro: "Tutti i pagamenti di questo sportello, anche quelli non riusciti. I risultati arrivano mentre scrivi.",
  from: "Dal giorno",
  to: "Al giorno",
  number: "Avviso o IUV",
  amount: "Importo",
  state: "Esito",
  operator: "Operatore",
  all: "Tutti",
  debtor: "Per nome o codice fiscale non si cerca: qui non sono registrati. Per il pagamento di una persona serve il suo avviso: cerca il codice avviso, o trovalo in «Debitore».",
  wrong: {
    number: "Solo cifre: fino a 18 per l’avviso, fino a 17 per lo IUV.",
    amount: "Un importo in euro, per esempio 12,50.",
    stan: "Solo cifre.",
    to: "Viene prima del giorno di inizio.",
  },
  incomplete: "Correggi la ricerca per vedere i risultati.",
  none: "Nessun pagamento corrisponde.",
  found: (total: number, shown: number) => (total === 1 ? "1 pagamento" : shown < total ? `${total} pagamenti; qui i ${shown} più recenti` : `${total} pagamenti`),
  clear: "Azzera la ricerca",
  csv: "Salva l’elenco (CSV)",
  list: "Pagamenti trovati, elenco scorrevole",
  when: "Quando",
  story: "Storia",
  storyOf: (amount: string, when: string) => `Storia del pagamento di ${amount} del ${when}`,
  more: "Mostra altri",
};

export const papers = {
  heading: "Documenti",
  attestation: "Attestazione (PDF)",
  receipt: "Ricevuta pagoPA (PDF)",
  receiptOf: (n: number) => `Ricevuta pagoPA, avviso ${n} (PDF)`,
  printSlip: "Ristampa lo scontrino",
  printAttestation: "Stampa l’attestazione",
  saved: (name: string) => `Salvato: ${name}.`,
  printed: "Stampato.",
  queued: "In attesa della stampante: si stampa da solo quando è pronta.",
  waiting: (n: number) => (n === 1 ? "1 foglio in attesa della stampante." : `${n} fogli in attesa della stampante.`),
};

export const story = {
  by: (who: string) => `da ${who}`,
  seen: "Che cosa si è saputo",
  answer: (text: string) => `risposta: ${text}`,
  taken: (number: string) => `ricevuta n. ${number}`,
  case: (id: string) => `caso ${id}`,
  receipt: (id: string) => `ricevuta pagoPA ${id}`,
  platform: (text: string) => `piattaforma: ${text}`,
  erased: "I dati personali di questo passo sono stati cancellati alla scadenza di legge.",
  decided: "Chi ha deciso che cosa",
  recently: "Decisi oggi",
  // By the terminal's own number of the kind (ECR17 5.1).
  cards: { "1": "Bancomat", "2": "Carta di credito", "3": "Altra carta" } as Record<string, string>,
};

export const report = {
  heading: "Riepilogo del giorno",
  day: "Giorno contabile",
  pdf: "Salva il riepilogo (PDF)",
  csv: "Salva le righe (CSV)",
  charged: "Incassato",
  reversed: "Stornato",
  net: "Netto",
  registered: "Registrato",
  awaiting: "In attesa di ricevuta",
  unknown: "Esito non noto",
  who: "Chi, dove",
  operators: "Operatori",
  terminals: "Terminali",
  creditors: "Enti",
  receipts: (first: string, last: string, day: string) => `Ricevute del ${day}: dalla n. ${first} alla n. ${last}.`,
};

import type * as it from "./archive.it";

export const archive: typeof it.archive = {
  heading: "Archiv",
  intro: "Alle Zahlungen dieses Schalters, auch die erfolglosen. Die Treffer kommen, während Sie schreiben.",
  from: "Vom",
  to: "Bis",
  number: "Bescheid oder IUV",
  amount: "Betrag",
  state: "Ergebnis",
  operator: "Schalterkraft",
  all: "Alle",
  debtor: "Nach Name oder Steuernummer wird nicht gesucht: sie sind hier nicht erfasst. Für die Zahlung einer Person braucht es ihren Bescheid: dessen Nummer suchen, oder ihn unter «Schuldner» finden.",
  wrong: {
    number: "Nur Ziffern: bis zu 18 für den Bescheid, bis zu 17 für den IUV.",
    amount: "Ein Betrag in Euro, zum Beispiel 12,50.",
    stan: "Nur Ziffern.",
    to: "Das liegt vor dem ersten Tag.",
  },
  incomplete: "Die Suche berichtigen, um Treffer zu sehen.",
  none: "Keine Zahlung passt dazu.",
  found: (total: number, shown: number) => (total === 1 ? "1 Zahlung" : shown < total ? `${total} Zahlungen; hier die neuesten ${shown}` : `${total} Zahlungen`),
  clear: "Suche leeren",
  csv: "Liste speichern (CSV)",
  list: "Gefundene Zahlungen, rollbar",
  when: "Wann",
  story: "Verlauf",
  storyOf: (amount: string, when: string) => `Verlauf der Zahlung von ${amount} vom ${when}`,
  more: "Weitere zeigen",
};

export const papers: typeof it.papers = {
  heading: "Unterlagen",
  attestation: "Bestätigung (PDF)",
  receipt: "pagoPA-Quittung (PDF)",
  receiptOf: (n: number) => `pagoPA-Quittung, Bescheid ${n} (PDF)`,
  printSlip: "Beleg nochmals drucken",
  printAttestation: "Bestätigung drucken",
  saved: (name: string) => `Gespeichert: ${name}.`,
  printed: "Gedruckt.",
  queued: "Wartet auf den Drucker: wird von selbst gedruckt, sobald er bereit ist.",
  waiting: (n: number) => (n === 1 ? "1 Blatt wartet auf den Drucker." : `${n} Blätter warten auf den Drucker.`),
};

export const story: typeof it.story = {
  by: (who: string) => `von ${who}`,
  seen: "Was bekannt wurde",
  answer: (text: string) => `Antwort: ${text}`,
  taken: (number: string) => `Quittung Nr. ${number}`,
  case: (id: string) => `Fall ${id}`,
  receipt: (id: string) => `pagoPA-Quittung ${id}`,
  platform: (text: string) => `Plattform: ${text}`,
  erased: "Die persönlichen Daten dieses Schritts wurden nach Ablauf der gesetzlichen Frist gelöscht.",
  decided: "Wer was entschieden hat",
  recently: "Heute entschieden",
  // By the terminal's own number of the kind (ECR17 5.1).
  cards: { "1": "Bankomatkarte", "2": "Kreditkarte", "3": "Andere Karte" },
};

export const report: typeof it.report = {
  heading: "Tagesbericht",
  day: "Buchungstag",
  pdf: "Bericht speichern (PDF)",
  csv: "Zeilen speichern (CSV)",
  charged: "Kassiert",
  reversed: "Storniert",
  net: "Netto",
  registered: "Registriert",
  awaiting: "Quittung ausstehend",
  unknown: "Ergebnis unbekannt",
  who: "Wer, wo",
  operators: "Schalterkräfte",
  terminals: "Terminals",
  creditors: "Körperschaften",
  receipts: (first: string, last: string, day: string) => `Quittungen vom ${day}: Nr. ${first} bis Nr. ${last}.`,
};

import type * as it from "./archive.it";

export const archive: typeof it.archive = {
  heading: "Archive",
  intro: "Every payment of this counter, also those that came to nothing. Results come while you type.",
  from: "From",
  to: "To",
  number: "Notice or IUV",
  amount: "Amount",
  state: "Outcome",
  operator: "Clerk",
  all: "All",
  debtor: "There is no search by name or tax code: they are not on record here. For somebody’s payment you need the notice: search its number, or find it under “Debtor”.",
  wrong: {
    number: "Digits only: up to 18 for the notice, up to 17 for the IUV.",
    amount: "An amount in euro, for example 12.50.",
    stan: "Digits only.",
    to: "This is before the first day.",
  },
  incomplete: "Mend the search to see results.",
  none: "No payment is like that.",
  found: (total: number, shown: number) => (total === 1 ? "1 payment" : shown < total ? `${total} payments; here the newest ${shown}` : `${total} payments`),
  clear: "Clear the search",
  csv: "Save the list (CSV)",
  list: "Payments found, scrolls",
  when: "When",
  story: "Story",
  storyOf: (amount: string, when: string) => `Story of the payment of ${amount} on ${when}`,
  more: "Show more",
};

export const papers: typeof it.papers = {
  heading: "Papers",
  attestation: "Attestation (PDF)",
  receipt: "pagoPA receipt (PDF)",
  receiptOf: (n: number) => `pagoPA receipt, notice ${n} (PDF)`,
  printSlip: "Print the slip again",
  printAttestation: "Print the attestation",
  saved: (name: string) => `Saved: ${name}.`,
  printed: "Printed.",
  queued: "Waiting for the printer: it prints by itself when the printer is ready.",
  waiting: (n: number) => (n === 1 ? "1 paper waits for the printer." : `${n} papers wait for the printer.`),
};

export const story: typeof it.story = {
  by: (who: string) => `by ${who}`,
  seen: "What was learned",
  answer: (text: string) => `answer: ${text}`,
  taken: (number: string) => `receipt no. ${number}`,
  case: (id: string) => `case ${id}`,
  receipt: (id: string) => `pagoPA receipt ${id}`,
  platform: (text: string) => `platform: ${text}`,
  erased: "What was personal in this step has been erased when the law said so.",
  decided: "Who decided what",
  recently: "Decided today",
  // By the terminal's own number of the kind (ECR17 5.1).
  cards: { "1": "Debit card", "2": "Credit card", "3": "Other card" },
};

export const report: typeof it.report = {
  heading: "The day’s report",
  day: "Accounting day",
  pdf: "Save the report (PDF)",
  csv: "Save the lines (CSV)",
  charged: "Charged",
  reversed: "Reversed",
  net: "Net",
  registered: "Registered",
  awaiting: "Receipt awaited",
  unknown: "Outcome unknown",
  who: "Who, where",
  operators: "Clerks",
  terminals: "Terminals",
  creditors: "Bodies",
  receipts: (first: string, last: string, day: string) => `Receipts of ${day}: no. ${first} to no. ${last}.`,
};

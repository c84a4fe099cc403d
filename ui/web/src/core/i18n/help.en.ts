import type { Help } from "../help";

const help: Help = {
  till: {
    text: [
      "Scan the notice’s QR code from anywhere on the page, or type its 18 digits and press Enter.",
      "Check amount and reason with the citizen, then press Enter: the terminal asks for the card. One scan, one key.",
      "“Charged” and “Registered” are two facts: the terminal says the first, the platform the second once it has the pagoPA receipt. The citizen may go when the card is charged.",
      "To cancel while the terminal works: the red key on the terminal. It cannot be done from here.",
      "“Outcome unknown” means that nobody knows yet whether the card was charged: do not let it be paid again. The answer comes by itself, or people give it under “To verify”.",
    ],
    keys: [
      ["Enter", "look up, then charge"],
      ["F2", "another terminal"],
    ],
  },
  debtor: {
    text: [
      "Who has lost the notice gives the tax code: here are the notices that are still open.",
      "“Take to the till” looks it up again and puts it there; it charges nothing.",
      "The data stay on this screen only: “Clear the data from the screen” takes them off, and so does locking the counter.",
    ],
  },
  services: {
    text: [
      "For who pays without a notice: choose the service, fill it in, and a real notice is made that goes straight to the till.",
      "If the answer is lost, press the same key again: it is the same request, the debt is not made twice.",
    ],
  },
  archive: {
    text: [
      "Search by what you have in hand: the digits of the notice or the IUV (the first will do), the amount, the STAN of the slip, the day. Results change while you type.",
      "“Story” tells the payment step by step; slip, receipt and attestation are printed again from there.",
      "Names and tax codes are not searched, because they are not on record: it takes the person’s notice.",
      "“Save the list” gives a file for a spreadsheet with all that the search finds, not just the rows in sight.",
    ],
  },
  story: {
    text: [
      "Everything that was written about this payment, in order: who, when, what the terminal said, what the platform said.",
      "The attestation says what is proven now: where the pagoPA receipt is not there yet, it says so.",
      "A reversal can be asked for only where the terminal allows it, while it is its last operation, with the same card. A supervisor decides.",
    ],
  },
  verify: {
    text: [
      "Here are the payments of which not even the terminal could say how they ended. The notice is locked: nobody can charge it again.",
      "There is one question: what does the terminal show or print as its last operation? Look at the terminal and at the citizen’s slip, then answer.",
      "“Approved” if there is a slip with that amount; “Declined or cancelled” only if the terminal says so; “I do not know” leaves everything locked and does no harm.",
      "Where the terminal’s evidence does not suffice, a supervisor signs as well: here with a PIN, or from another PC.",
      "The terminal can be freed to serve others: the notice stays locked all the same.",
    ],
  },
  cases: {
    text: [
      "A case is something that only people can mend: a refund, a receipt that is missing, totals that do not agree.",
      "Every case says whose it is and by when. It ends with a proof: the number of the order, the protocol number.",
      "Where a citizen’s money is at stake it takes two people.",
    ],
  },
  queue: {
    text: [
      "What was charged and waits for the pagoPA receipt. There is nothing to press: it is registered by itself, even hours later.",
      "“Due” is the next deadline. Amber: the receipt is late and is looked for. Red: the last useful day is over, and it is a case of the office.",
      "While the platform does not answer, and where the body has chosen so, a supervisor may open a period in which cards are charged all the same, within limits that fill up here.",
    ],
  },
  closing: {
    text: [
      "“Read the totals” sets this counter’s journal and the terminal side by side and changes nothing.",
      "“Close the session” sets the terminal’s totals to zero: a supervisor does it at the end of the day, when nobody is paying.",
      "Where totals differ it says by how much, and which payments may explain it. A difference without payments is mostly a sale typed on the terminal.",
      "The day’s report is saved as PDF for the office or as a file for the accounts.",
    ],
  },
  status: {
    text: [
      "One word says whether payments can be taken. Below, each part says why not and what to do.",
      "“Try it now” asks the terminal whether it is ready: no money moves.",
      "The bundle for support can be read in full before it is saved. The SHA-256 hash proves that the file was not changed.",
    ],
  },
};

export default help;

import type { Texts } from "./it";
import office from "./office.en";

const en: Texts = {
  language: "en",
  title: "Sportello POS",
  skip: "Go to the notice field",

  login: {
    heading: "Counter sign-in",
    unlock: "Counter locked",
    unlockText: (name) => `Locked by ${name}. Payments in progress go on by themselves.`,
    operator: "Operator",
    pin: "PIN",
    enter: "Sign in",
    reopen: "Unlock",
    other: "Sign in as another operator",
    busy: "Signing in…",
    lost: "The service does not answer. Check that it is running, then try again.",
    ended: "The session has ended: sign in again. Payments in progress go on by themselves.",
  },

  header: {
    operator: "Operator",
    lock: "Lock",
    logout: "Sign out",
    platform: "Platform",
  },

  demo: "DEMONSTRATION: terminal and platform are simulated, no money is moved",
  lostBanner: "Connection to the service lost. No charge is possible: reconnecting by itself.",
  lostBannerMore: "A payment already started goes on at the terminal: do not repeat it.",

  lights: { ready: "Ready", busy: "Busy", not_ready: "Not ready", unknown: "Not asked yet", locked: "Locked", adopt: "To be checked" },
  platformLights: { ready: "reachable", busy: "busy", not_ready: "not reachable", unknown: "not asked yet" },
  connecting: "Connecting to the service…",

  scan: {
    heading: "Charge",
    label: "Scan the notice’s QR, or type its 18-digit code",
    hint: "The scanner works from anywhere on the page.",
    button: "Find",
    ignored: (terminal) => `Scan ignored: ${terminal} has a payment in progress. Scan again after its outcome.`,
    offline: "Scan ignored: no connection to the service.",
  },

  idle: { heading: "Ready for the next notice", text: "Scan the notice. Then one Enter charges the card." },
  looking: "Looking the notice up…",

  unreadable: { heading: "Notice not found", unasked: "Notice not verified", anyway: "Look it up anyway" },

  debt: {
    heading: "Notice to charge",
    notPayable: "Notice not payable",
    creditor: "Creditor",
    reason: "Reason",
    debtor: "Debtor",
    due: "Due date",
    number: "Notice code",
    amount: "Amount",
    printed: (amount) => `On the printed notice: ${amount}`,
    differs: "The amount has changed since the print. Tell the citizen before charging.",
    accept: (amount) => `The citizen accepts ${amount}`,
    charge: (amount) => `Charge ${amount}`,
    on: (terminal) => `on ${terminal}`,
    clear: "Leave it",
    ours: "Show this notice’s payment",
  },

  blocks: {
    offline: "No connection to the service: wait until it is back.",
    not_payable: "This notice cannot be charged.",
    no_terminal: "No terminal is configured: call support.",
    busy: "The terminal has a payment in progress: wait until it ends.",
    locked: "The terminal is locked by a payment with an unknown outcome: see the terminal’s box.",
    adopt: "A supervisor must check the terminal: see the terminal’s box.",
  },

  turns: { service: "The service is working", citizen: "The citizen’s turn", bank: "The bank’s turn", terminal: "The terminal is working" },
  phases: {
    "": "Preparing the payment",
    connecting: "Connecting to the terminal",
    checking: "Checking that the terminal is free",
    card: "Tap or insert the card at the terminal",
    pin: "Enter the PIN at the terminal",
    bank: "The bank is deciding",
    receipt: "The terminal has decided: receiving the slip",
    verifying: "Verifying the outcome with the terminal",
    other: "The payment goes on",
  },
  working: {
    heading: "Payment in progress",
    reversal: "Reversal in progress",
    cancel: "To cancel: red key on the terminal. It cannot be done from here.",
    noCancel: "Do not remove the card and do not switch the terminal off.",
    says: "The terminal shows:",
  },

  lost: {
    heading: "The request got no answer",
    text: "The service does not seem to have received it. Repeating it cannot charge twice: it keeps its number.",
    again: "Repeat the same request",
    offline: "Waiting for the connection to learn whether the service received it. Do not let them pay again.",
  },

  refused: { heading: "Nothing went to the card", again: "Try again", show: "Show the payment in the way" },

  unknown: {
    heading: "Outcome unknown: do not let them pay again",
    checking: "What is being checked",
    checkingNow: "Asking the terminal how it went. The answer appears here by itself.",
    checkingIdle: "The terminal has not yet said how it went. The answer appears here by itself as soon as it is known.",
    people: "The evidence does not decide: people do. In “To verify” you see what is known and answer what the terminal says.",
    proposed: (by: string) =>
      `${by} has answered already: a supervisor (another person) must sign, in “To verify”. The notice stays locked.`,
    toVerify: "Go to To verify",
    presetCharged: "Most likely the card was charged.",
    presetNot: "Most likely the card was not charged.",
    meanwhile: "Meanwhile",
    keep: "Have the citizen keep the terminal’s slip, if one came out.",
    noticeLocked: "The notice stays locked: nobody can charge it again until the outcome is proven.",
    otherTerminal: "You can serve others with another terminal (F2).",
    onlyTerminal: "You can serve others when this terminal is free.",
  },

  declined: {
    heading: "Not charged",
    nothing: "The card was not charged.",
    again: "Another card",
  },

  charged: {
    heading: (amount) => `Charged ${amount}`,
    next: "You can scan the next notice.",
    number: "Receipt no.",
    reversing: "No new payment and no refund until the reversal has ended.",
    undone: "The amount goes back to the card. The notice can be charged again after 30 minutes, unless a receipt arrives.",
  },

  facts: {
    charged: "Charged",
    registered: "Registered",
    chargedAt: (time) => `at ${time}`,
  },

  registered: {
    none: "to be sent to the platform",
    submitting: "being sent to the platform",
    awaiting_receipt: "waiting for the pagoPA receipt: it comes by itself",
    late: "the pagoPA receipt is late: being looked for, it may come tomorrow",
    registered: "the platform has the pagoPA receipt",
    held: "held: the office must check it",
    paid_elsewhere: "already paid elsewhere: to be refunded",
    rejected: "rejected by the platform: the office deals with it",
    closed: "closed by the office",
  },

  states: {
    open: "In progress",
    sent: "In progress",
    unknown: "Outcome unknown",
    charged: "Charged",
    not_charged: "Not charged",
    reversing: "Being reversed",
    reversed: "Reversed",
  },

  registrations: {
    none: "To be sent",
    submitting: "Being sent",
    awaiting_receipt: "Awaited",
    late: "Late",
    registered: "Registered",
    held: "Held",
    paid_elsewhere: "Paid elsewhere",
    rejected: "Rejected",
    closed: "Closed",
  },

  terminal: {
    heading: "Terminal",
    choose: "Choose the terminal",
    change: "F2 changes terminal",
    lockedHeading: "Locked by an unknown outcome",
    lockedText: (amount, time) =>
      `The payment of ${amount} at ${time} has no certain outcome.`,
    unproven: "Not proven yet: until the first pagoPA receipt one charge at a time.",
    lockedPlain: "A payment has no certain outcome.",
    canFree: "The evidence is safe: you can free the terminal and serve others. The notice stays locked.",
    cannotFree: "Collecting the evidence from the terminal: meanwhile nothing is charged here. When it is there, a key to free the terminal appears.",
    free: "Free the terminal",
    freed: "Terminal freed. The notice stays locked.",
    adoptHeading: "Last transaction not recognised",
    adoptText:
      "The terminal has made a transaction that this service does not know (manual charge, other PC, restored data). Before charging, a supervisor must compare it with the slips.",
    adoptClerk: "Call a supervisor, who must sign in to unlock the terminal.",
    adopt: "Checked: use the terminal again",
    adopted: "Terminal checked.",
    showPayment: "Show the payment",
    busy: "One moment…",
  },

  slip: { heading: "Terminal’s slip", print: "Print", partial: "Incomplete slip: the terminal did not send all of it.", none: "No slip." },

  payments: {
    heading: "Today’s payments",
    summary: (count, total) => `${count} charged, ${total}`,
    empty: "No payments yet today.",
    time: "Time",
    notice: "Notice",
    reason: "Reason",
    amount: "Amount",
    charged: "Charge",
    registered: "Registration",
    stan: "STAN",
    terminal: "Terminal",
    detail: "Details",
    detailOf: (amount, time) => `Details of the payment of ${amount} at ${time}`,
    scroll: "List of payments, scrollable",
  },

  detail: {
    reference: "Reference",
    receiptNumber: "Receipt no.",
    operator: "Operator",
    authCode: "Authorisation",
    card: "Card",
    chargedAmount: "Amount charged",
    pagopaReceipt: "pagoPA receipt",
    retryOf: "Repeats payment",
    why: "Why",
  },

  said: {
    debt: (reason, amount) => `Notice found: ${reason}, ${amount}.`,
    charged: (amount) => `Charged ${amount}.`,
    registered: (amount) => `The payment of ${amount} is registered.`,
    cleared: "Ready for the next notice.",
    terminal: (label, light) => `Terminal ${label}: ${light}.`,
    online: "Connection to the service is back.",
  },

  simulated: {
    heading: "Simulated terminal",
    hint: "the keys that the citizen, or somebody else, would press",
    screen: "The terminal shows",
    idle: "READY",
    waits: { card: "Waits for the card", pin: "Waits for the PIN", busy: "At work", "": "At rest" },
    silent: "Does not answer",
    customer: "The citizen",
    others: "Somebody else, without this register",
    power: "Power",
    amount: "Euro",
    wrong: "Type an amount, for instance 7.00.",
    keys: {
      card: "Card",
      pin: "PIN",
      red: "Red key",
      manual_sale: "Sale by hand",
      second_register: "Other register",
      manual_reversal: "Reversal by hand",
      close: "Close session",
      reboot: "Restart",
    },
    done: (key) => `${key}: done.`,
    under: (key) => `${key}: under way…`,
    failed: (key) => `${key}: the terminal cannot do it now.`,
    total: (amount) => `Total on the terminal: ${amount}`,
  },

  office,

  fault: { lost: "The service did not answer. Try again shortly." },
};

export default en;

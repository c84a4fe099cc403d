import type * as it from "./status.it";

export const status: typeof it.status = {
  heading: "Status",
  intro: "Can payments be taken? What is missing, and what to do.",
  words: { ready: "Ready", unknown: "Not tried yet: the first notice will tell, or “Try it now”." },
  notReady: (why: string) => `Not ready: ${why}`,
  parts: { service: "This PC", ledger: "Ledger", terminal: "Terminal", platform: "Platform", printer: "Printer" },
  service: { here: "Ready", lost: "Service cannot be reached" },
  todo: {
    service: "The service on this PC does not answer: the page tries again by itself. If that takes more than a minute, call support.",
    ledger: "Call a supervisor.",
    terminal: "See that it is switched on and connected, then “Try it now”.",
    platform: "It is tried again by itself. Who has paid is safe: the registration waits in the “Queue”.",
    printer: "See that it is switched on and has paper. Payments do not depend on it.",
  },
  terminalID: "Terminal id",
  software: "Software",
  commissioned: "In service since",
  never: "never put into service",
  seen: "Last answer",
  version: "Version",
  clock: (seconds: number) => `The clocks of the page and of the service are ${seconds} seconds apart.`,
  clockTodo: "Ask support to set the PC’s clock.",
  tryIt: "Try it now",
  bundle: {
    heading: "Bundle for support",
    text: "One text with configuration, state and technical logs, without PINs, passwords, card numbers or data of citizens. Read it before you send it.",
    clerk: "A supervisor gathers it: sign here with name and PIN.",
    gather: "Gather the bundle",
    busy: "Gathering…",
    again: "Gather another",
    save: "Save",
    read: "This is all that it holds:",
    broken: "What came does not have this hash: gather it again.",
    missing: "This version of the service cannot gather the bundle yet.",
    missingTodo: "On the PC: the command “sportello bundle”, or call support.",
  },
};

export const restored: typeof it.restored = {
  since: (when) => `The copy ends at ${when}: what was charged after it must be brought in, so that nobody pays twice.`,
  unread: "not read yet. Switch it on and connect it: it is read by itself.",
  same: "read, it has not worked after the copy.",
  gap: (found) => `has worked after the copy (last transaction: ${found}). A supervisor brings those charges in from the slips, then two people end the case.`,
  broughtIn: "read, the charges after the copy have been brought in.",
  unasked: "receipts not read yet. They are read by themselves as soon as it answers.",
  receipts: (n) => (n === 1 ? "1 receipt after the copy was read." : `${n} receipts after the copy were read.`),
  unknown: (n) => (n === 1 ? "1 receipt is not in the ledger: it may be another counter’s" : `${n} receipts are not in the ledger: they may be other counters’`),
  toCase: (id) => `Go to case ${id}`,
};

export const help: typeof it.help = {
  open: "Help",
  close: "Close the help",
  of: (view: string) => `Help: ${view}`,
  keys: "Keys",
  lost: "The help could not be read: the service does not answer. Try again in a moment.",
  every: [
    ["F1 or ?", "this help"],
    ["F8", "the list of views, then the arrows"],
    ["Esc", "back, or leave it"],
  ],
};

import type * as it from "./status.it";

export const status: typeof it.status = {
  heading: "Zustand",
  intro: "Kann kassiert werden? Was fehlt, und was zu tun ist.",
  words: { ready: "Bereit", unknown: "Noch nicht geprüft: der erste Bescheid zeigt es, oder «Jetzt prüfen»." },
  notReady: (why: string) => `Nicht bereit: ${why}`,
  parts: { service: "Dieser PC", ledger: "Register", terminal: "Terminal", platform: "Plattform", printer: "Drucker" },
  service: { here: "Bereit", lost: "Dienst nicht erreichbar" },
  todo: {
    service: "Der Dienst auf diesem PC antwortet nicht: die Seite versucht es von selbst wieder. Dauert es länger als eine Minute, den Support rufen.",
    ledger: "Eine verantwortliche Person rufen.",
    terminal: "Nachsehen, ob es eingeschaltet und verbunden ist, dann «Jetzt prüfen».",
    platform: "Es wird von selbst wieder versucht. Wer bezahlt hat, ist sicher: die Registrierung wartet in der «Warteschlange».",
    printer: "Nachsehen, ob er eingeschaltet ist und Papier hat. Die Zahlungen hängen nicht davon ab.",
  },
  terminalID: "Terminalnummer",
  software: "Programm",
  commissioned: "In Betrieb seit",
  never: "nie in Betrieb genommen",
  seen: "Letzte Antwort",
  version: "Version",
  clock: (seconds: number) => `Die Uhren der Seite und des Dienstes gehen ${seconds} Sekunden auseinander.`,
  clockTodo: "Den Support bitten, die Uhr des PCs zu stellen.",
  tryIt: "Jetzt prüfen",
  bundle: {
    heading: "Sammlung für den Support",
    text: "Ein einziger Text mit Einstellungen, Zustand und technischen Protokollen, ohne PIN, Kennwörter, Kartennummern oder Daten der Bürger. Vor dem Senden lesen.",
    clerk: "Eine verantwortliche Person stellt sie zusammen: hier mit eigenem Kürzel und eigener PIN unterschreiben.",
    gather: "Sammlung zusammenstellen",
    busy: "Wird zusammengestellt…",
    again: "Neu zusammenstellen",
    save: "Speichern",
    read: "Das ist alles, was sie enthält:",
    broken: "Der erhaltene Text hat nicht diese Prüfsumme: neu zusammenstellen.",
    missing: "Diese Version des Dienstes kann die Sammlung noch nicht zusammenstellen.",
    missingTodo: "Am PC: Befehl «sportello bundle», oder den Support rufen.",
  },
};

export const restored: typeof it.restored = {
  since: (when) => `Die Kopie reicht bis ${when}: Was danach kassiert wurde, ist nachzutragen, damit niemand zweimal zahlt.`,
  unread: "noch nicht gelesen. Einschalten und verbinden: Es wird von selbst gelesen.",
  same: "gelesen, nach der Kopie hat es nicht gearbeitet.",
  gap: (found) => `hat nach der Kopie gearbeitet (letzter Vorgang: ${found}). Eine verantwortliche Person trägt diese Zahlungen aus den Belegen nach, dann schließen zwei Personen den Fall.`,
  broughtIn: "gelesen, die Zahlungen nach der Kopie sind nachgetragen.",
  unasked: "Quittungen noch nicht gelesen. Sie werden von selbst gelesen, sobald sie antwortet.",
  receipts: (n) => (n === 1 ? "1 Quittung nach der Kopie gelesen." : `${n} Quittungen nach der Kopie gelesen.`),
  unknown: (n) => (n === 1 ? "1 Quittung ist nicht im Register: Sie kann von einem anderen Schalter sein" : `${n} Quittungen sind nicht im Register: Sie können von anderen Schaltern sein`),
  toCase: (id) => `Zum Fall ${id}`,
};

export const help: typeof it.help = {
  open: "Hilfe",
  close: "Hilfe schließen",
  of: (view: string) => `Hilfe: ${view}`,
  keys: "Tasten",
  lost: "Die Hilfe konnte nicht gelesen werden: der Dienst antwortet nicht. In Kürze nochmals versuchen.",
  every: [
    ["F1 oder ?", "diese Hilfe"],
    ["F8", "die Liste der Ansichten, dann die Pfeile"],
    ["Esc", "zurück, oder sein lassen"],
  ],
};

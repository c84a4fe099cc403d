import type { Texts } from "./it";
import office from "./office.de";

const de: Texts = {
  language: "de",
  title: "Sportello POS",
  skip: "Zum Feld für den Zahlungsbescheid",

  login: {
    heading: "Anmeldung am Schalter",
    unlock: "Schalter gesperrt",
    unlockText: (name) => `Gesperrt von ${name}. Laufende Zahlungen gehen von selbst weiter.`,
    operator: "Bediener",
    pin: "PIN",
    enter: "Anmelden",
    reopen: "Entsperren",
    other: "Anderen Bediener anmelden",
    busy: "Anmeldung läuft…",
    lost: "Der Dienst antwortet nicht. Prüfen Sie, ob er läuft, und versuchen Sie es erneut.",
    ended: "Die Sitzung ist beendet: bitte neu anmelden. Laufende Zahlungen gehen von selbst weiter.",
  },

  header: {
    operator: "Bediener",
    lock: "Sperren",
    logout: "Abmelden",
    platform: "Plattform",
  },

  demo: "VORFÜHRUNG: Terminal und Plattform sind simuliert, es wird kein Geld bewegt",
  lostBanner: "Verbindung zum Dienst unterbrochen. Kassieren ist nicht möglich: neuer Versuch läuft von selbst.",
  lostBannerMore: "Eine begonnene Zahlung läuft am Terminal weiter: nicht wiederholen lassen.",

  lights: { ready: "Bereit", busy: "Besetzt", not_ready: "Nicht bereit", unknown: "Noch nicht abgefragt", locked: "Gesperrt", adopt: "Zu prüfen" },
  platformLights: { ready: "erreichbar", busy: "beschäftigt", not_ready: "nicht erreichbar", unknown: "noch nicht abgefragt" },
  connecting: "Verbindung zum Dienst…",

  scan: {
    heading: "Kassieren",
    label: "QR des Bescheids lesen oder den 18-stelligen Code eintippen",
    hint: "Der Leser funktioniert überall auf der Seite.",
    button: "Suchen",
    ignored: (terminal) => `Lesung ignoriert: an ${terminal} läuft eine Zahlung. Nach dem Ergebnis erneut lesen.`,
    offline: "Lesung ignoriert: keine Verbindung zum Dienst.",
  },

  idle: { heading: "Bereit für den nächsten Bescheid", text: "Bescheid lesen. Danach genügt einmal Enter." },
  looking: "Bescheid wird gesucht…",

  unreadable: { heading: "Bescheid nicht gefunden", unasked: "Bescheid nicht geprüft", anyway: "Trotzdem suchen" },

  debt: {
    heading: "Zu kassierender Bescheid",
    notPayable: "Bescheid nicht zahlbar",
    creditor: "Körperschaft",
    reason: "Zahlungsgrund",
    debtor: "Schuldner",
    due: "Fälligkeit",
    number: "Code des Bescheids",
    amount: "Betrag",
    printed: (amount) => `Auf dem Ausdruck: ${amount}`,
    differs: "Der Betrag hat sich seit dem Druck geändert. Sagen Sie es vor dem Kassieren.",
    accept: (amount) => `${amount} wird akzeptiert`,
    charge: (amount) => `${amount} kassieren`,
    on: (terminal) => `an ${terminal}`,
    clear: "Verwerfen",
    ours: "Zahlung dieses Bescheids zeigen",
  },

  blocks: {
    offline: "Keine Verbindung zum Dienst: bitte warten.",
    not_payable: "Dieser Bescheid kann nicht kassiert werden.",
    no_terminal: "Kein Terminal eingerichtet: Support rufen.",
    busy: "Am Terminal läuft eine Zahlung: bitte warten.",
    locked: "Das Terminal ist durch eine Zahlung mit unbekanntem Ergebnis gesperrt: siehe Terminal.",
    adopt: "Ein Verantwortlicher muss das Terminal prüfen: siehe Terminal.",
  },

  turns: { service: "Der Dienst arbeitet", citizen: "Der Bürger ist dran", bank: "Die Bank ist dran", terminal: "Das Terminal arbeitet" },
  phases: {
    "": "Zahlung wird vorbereitet",
    connecting: "Verbindung zum Terminal",
    checking: "Prüfung, ob das Terminal frei ist",
    card: "Karte an das Terminal halten oder einstecken",
    pin: "PIN am Terminal eingeben",
    bank: "Die Bank entscheidet",
    receipt: "Das Terminal hat entschieden: Beleg wird empfangen",
    verifying: "Ergebnis wird mit dem Terminal geprüft",
    other: "Die Zahlung geht weiter",
  },
  working: {
    heading: "Zahlung läuft",
    reversal: "Storno läuft",
    cancel: "Abbrechen: rote Taste am Terminal. Von hier aus geht es nicht.",
    noCancel: "Karte nicht entfernen, Terminal nicht ausschalten.",
    says: "Das Terminal zeigt:",
  },

  lost: {
    heading: "Keine Antwort auf die Anfrage",
    text: "Der Dienst scheint sie nicht erhalten zu haben. Eine Wiederholung kassiert nicht doppelt: sie behält ihre Nummer.",
    again: "Dieselbe Anfrage wiederholen",
    offline: "Warten auf die Verbindung, um zu wissen, ob der Dienst sie erhalten hat. Nicht erneut zahlen lassen.",
  },

  refused: { heading: "Die Karte wurde nicht belastet", again: "Erneut versuchen", show: "Hinderliche Zahlung zeigen" },

  unknown: {
    heading: "Ergebnis unbekannt: nicht erneut zahlen lassen",
    checking: "Was geprüft wird",
    checkingNow: "Das Terminal wird nach dem Ergebnis gefragt. Die Antwort erscheint hier von selbst.",
    checkingIdle: "Das Terminal hat das Ergebnis noch nicht genannt. Die Antwort erscheint hier von selbst.",
    people: "Die Beweise reichen nicht: Menschen entscheiden. Unter „Zu prüfen“ steht, was bekannt ist; dort beantworten, was das Terminal anzeigt.",
    proposed: (by: string) =>
      `${by} hat schon geantwortet: eine verantwortliche (andere) Person muss unterschreiben, unter „Zu prüfen“. Der Bescheid bleibt gesperrt.`,
    toVerify: "Zu „Zu prüfen“",
    presetCharged: "Sehr wahrscheinlich wurde die Karte belastet.",
    presetNot: "Sehr wahrscheinlich wurde die Karte nicht belastet.",
    meanwhile: "Inzwischen",
    keep: "Der Bürger soll den Beleg des Terminals aufbewahren, falls einer gedruckt wurde.",
    noticeLocked: "Der Bescheid bleibt gesperrt, bis das Ergebnis bewiesen ist.",
    otherTerminal: "Sie können andere an einem anderen Terminal bedienen (F2).",
    onlyTerminal: "Sie können andere bedienen, sobald dieses Terminal frei ist.",
  },

  declined: {
    heading: "Nicht kassiert",
    nothing: "Die Karte wurde nicht belastet.",
    again: "Andere Karte",
  },

  charged: {
    heading: (amount) => `${amount} kassiert`,
    next: "Sie können den nächsten Bescheid lesen.",
    number: "Quittung Nr.",
    reversing: "Nicht nochmals zahlen lassen und nicht erstatten, bis das Storno beendet ist.",
    undone: "Der Betrag geht auf die Karte zurück. Nach 30 Minuten kann wieder kassiert werden, falls keine Quittung eintrifft.",
  },

  facts: {
    charged: "Kassiert",
    registered: "Registriert",
    chargedAt: (time) => `um ${time}`,
  },

  registered: {
    none: "noch an die Plattform zu senden",
    submitting: "wird an die Plattform gesendet",
    awaiting_receipt: "warten auf die pagoPA-Quittung: sie kommt von selbst",
    late: "die pagoPA-Quittung verspätet sich: sie wird gesucht und kann morgen kommen",
    registered: "die Plattform hat die pagoPA-Quittung",
    held: "angehalten: das Amt muss prüfen",
    paid_elsewhere: "bereits anderswo bezahlt: zu erstatten",
    rejected: "von der Plattform abgelehnt: das Amt kümmert sich",
    closed: "vom Amt abgeschlossen",
  },

  states: {
    open: "Läuft",
    sent: "Läuft",
    unknown: "Ergebnis unbekannt",
    charged: "Kassiert",
    not_charged: "Nicht kassiert",
    reversing: "Storno läuft",
    reversed: "Storniert",
  },

  registrations: {
    none: "Zu senden",
    submitting: "Wird gesendet",
    awaiting_receipt: "Erwartet",
    late: "Verspätet",
    registered: "Registriert",
    held: "Angehalten",
    paid_elsewhere: "Anderswo bezahlt",
    rejected: "Abgelehnt",
    closed: "Abgeschlossen",
  },

  terminal: {
    heading: "Terminal",
    choose: "Terminal wählen",
    change: "F2 wechselt das Terminal",
    lockedHeading: "Durch ein unbekanntes Ergebnis gesperrt",
    lockedText: (amount, time) =>
      `Die Zahlung von ${amount} um ${time} hat kein sicheres Ergebnis.`,
    unproven: "Noch nicht erprobt: bis zur ersten pagoPA-Quittung eine Zahlung auf einmal.",
    lockedPlain: "Eine Zahlung hat kein sicheres Ergebnis.",
    canFree: "Die Beweise sind gesichert: Sie können das Terminal freigeben und andere bedienen. Der Bescheid bleibt gesperrt.",
    cannotFree: "Die Beweise werden vom Terminal geholt: solange wird hier nicht kassiert. Danach erscheint die Taste zum Freigeben.",
    free: "Terminal freigeben",
    freed: "Terminal freigegeben. Der Bescheid bleibt gesperrt.",
    adoptHeading: "Letzter Vorgang nicht erkannt",
    adoptText:
      "Das Terminal hat einen Vorgang ausgeführt, den dieser Dienst nicht kennt (manuelle Zahlung, anderer PC, wiederhergestellte Daten). Vor dem Kassieren muss ein Verantwortlicher ihn mit den Belegen vergleichen.",
    adoptClerk: "Rufen Sie einen Verantwortlichen: er muss sich anmelden, um das Terminal freizuschalten.",
    adopt: "Geprüft: Terminal wieder verwenden",
    adopted: "Terminal geprüft.",
    showPayment: "Zahlung zeigen",
    busy: "Einen Moment…",
  },

  slip: { heading: "Beleg des Terminals", print: "Drucken", partial: "Unvollständiger Beleg: das Terminal hat nicht alles gesendet.", none: "Kein Beleg." },

  payments: {
    heading: "Zahlungen von heute",
    summary: (count, total) => `${count} kassiert, ${total}`,
    empty: "Heute noch keine Zahlungen.",
    time: "Uhrzeit",
    notice: "Bescheid",
    reason: "Zahlungsgrund",
    amount: "Betrag",
    charged: "Kassiert",
    registered: "Registrierung",
    stan: "STAN",
    terminal: "Terminal",
    detail: "Details",
    detailOf: (amount, time) => `Details der Zahlung von ${amount} um ${time}`,
    scroll: "Liste der Zahlungen, scrollbar",
  },

  detail: {
    reference: "Referenz",
    receiptNumber: "Quittung Nr.",
    operator: "Bediener",
    authCode: "Autorisierung",
    card: "Karte",
    chargedAmount: "Belasteter Betrag",
    pagopaReceipt: "pagoPA-Quittung",
    retryOf: "Wiederholt die Zahlung",
    why: "Grund",
  },

  said: {
    debt: (reason, amount) => `Bescheid gefunden: ${reason}, ${amount}.`,
    charged: (amount) => `${amount} kassiert.`,
    registered: (amount) => `Die Zahlung von ${amount} ist registriert.`,
    cleared: "Bereit für den nächsten Bescheid.",
    terminal: (label, light) => `Terminal ${label}: ${light}.`,
    online: "Verbindung zum Dienst wiederhergestellt.",
  },

  simulated: {
    heading: "Simuliertes Terminal",
    hint: "die Tasten, die der Bürger oder jemand anderer drücken würde",
    screen: "Das Terminal zeigt",
    idle: "BEREIT",
    waits: { card: "Wartet auf die Karte", pin: "Wartet auf die PIN", busy: "Arbeitet", "": "In Ruhe" },
    silent: "Antwortet nicht",
    customer: "Der Bürger",
    others: "Jemand anderer, ohne diese Kasse",
    power: "Strom",
    amount: "Euro",
    wrong: "Geben Sie einen Betrag ein, zum Beispiel 7,00.",
    keys: {
      card: "Karte",
      pin: "PIN",
      red: "Rote Taste",
      manual_sale: "Verkauf von Hand",
      second_register: "Andere Kasse",
      manual_reversal: "Storno von Hand",
      close: "Abschluss",
      reboot: "Neustart",
    },
    done: (key) => `${key}: erledigt.`,
    under: (key) => `${key}: läuft…`,
    failed: (key) => `${key}: geht am Terminal gerade nicht.`,
    total: (amount) => `Summe am Terminal: ${amount}`,
  },

  office,

  fault: { lost: "Der Dienst hat nicht geantwortet. Bitte gleich noch einmal versuchen." },
};

export default de;

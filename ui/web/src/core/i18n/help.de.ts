import type { Help } from "../help";

const help: Help = {
  till: {
    text: [
      "Den QR-Code des Bescheids von irgendwo auf der Seite einlesen, oder die 18 Ziffern schreiben und Enter drücken.",
      "Betrag und Grund mit dem Bürger prüfen, dann Enter drücken: das Terminal verlangt die Karte. Einmal lesen, eine Taste.",
      "«Kassiert» und «Registriert» sind zwei Tatsachen: die erste sagt das Terminal, die zweite die Plattform, sobald sie die pagoPA-Quittung hat. Der Bürger kann gehen, wenn kassiert ist.",
      "Abbrechen, während das Terminal arbeitet: rote Taste am Terminal. Von hier geht es nicht.",
      "«Ergebnis unbekannt» heißt, dass noch niemand weiß, ob die Karte belastet wurde: nicht nochmals zahlen lassen. Die Antwort kommt von selbst, oder Menschen geben sie unter «Zu prüfen».",
    ],
    keys: [
      ["Enter", "suchen, dann kassieren"],
      ["F2", "anderes Terminal"],
    ],
  },
  debtor: {
    text: [
      "Wer den Bescheid verloren hat, nennt die Steuernummer: hier stehen die noch offenen Bescheide.",
      "«An die Kasse» liest ihn neu und legt ihn in die Kasse; es wird nichts belastet.",
      "Die Daten bleiben nur auf diesem Bildschirm: «Daten vom Bildschirm löschen» entfernt sie, ebenso das Sperren des Schalters.",
    ],
  },
  services: {
    text: [
      "Für Zahlungen ohne Bescheid: Dienst wählen, ausfüllen, und es entsteht ein echter Bescheid, der gleich an die Kasse geht.",
      "Geht die Antwort verloren, dieselbe Taste nochmals drücken: es ist dieselbe Anfrage, die Schuld entsteht nicht zweimal.",
    ],
  },
  archive: {
    text: [
      "Mit dem suchen, was vorliegt: Ziffern des Bescheids oder des IUV (die ersten genügen), Betrag, STAN des Belegs, Tag. Die Treffer ändern sich beim Schreiben.",
      "«Verlauf» erzählt die Zahlung Schritt für Schritt; von dort werden Beleg, Quittung und Bestätigung nochmals gedruckt.",
      "Name und Steuernummer werden hier nicht gesucht, weil sie nicht erfasst sind: es braucht den Bescheid der Person.",
      "«Liste speichern» gibt eine Datei für die Tabellenkalkulation mit allem, was die Suche findet, nicht nur mit den sichtbaren Zeilen.",
    ],
  },
  story: {
    text: [
      "Alles, was über diese Zahlung geschrieben wurde, der Reihe nach: wer, wann, was das Terminal gesagt hat, was die Plattform.",
      "Die Bestätigung sagt, was jetzt bewiesen ist: fehlt die pagoPA-Quittung noch, so steht es darin.",
      "Ein Storno ist nur möglich, wo das Terminal es erlaubt, solange es sein letzter Vorgang ist, mit derselben Karte. Eine verantwortliche Person entscheidet.",
    ],
  },
  verify: {
    text: [
      "Hier stehen die Zahlungen, von denen auch das Terminal nicht sagen konnte, wie sie ausgingen. Der Bescheid ist gesperrt: niemand kann ihn nochmals kassieren.",
      "Es gibt eine einzige Frage: was zeigt oder druckt das Terminal als seinen letzten Vorgang? Terminal und Beleg des Bürgers ansehen, dann antworten.",
      "«Ausgeführt», wenn ein Beleg mit diesem Betrag da ist; «Abgelehnt oder abgebrochen» nur, wenn das Terminal es sagt; «Weiß ich nicht» lässt alles gesperrt und schadet nicht.",
      "Genügen die Belege des Terminals nicht, unterschreibt auch eine verantwortliche Person: hier mit PIN, oder an einem anderen PC.",
      "Das Terminal kann freigegeben werden, um andere zu bedienen: der Bescheid bleibt trotzdem gesperrt.",
    ],
  },
  cases: {
    text: [
      "Ein Fall ist etwas, das nur Menschen richten können: eine Rückzahlung, eine fehlende Quittung, Summen, die nicht stimmen.",
      "Jeder Fall sagt, wem er anvertraut ist und bis wann. Er endet mit einem Beweis: Nummer der Anweisung, Protokollnummer.",
      "Wo es um Geld eines Bürgers geht, braucht es zwei Personen.",
    ],
  },
  queue: {
    text: [
      "Was kassiert ist und auf die pagoPA-Quittung wartet. Es ist nichts zu drücken: registriert wird von selbst, auch Stunden später.",
      "«Bis» ist die nächste Frist. Gelb: die Quittung verspätet sich und wird gesucht. Rot: der letzte nützliche Tag ist vorbei, es ist ein Fall des Amtes.",
      "Antwortet die Plattform nicht und hat die Körperschaft es so gewählt, kann eine verantwortliche Person einen Zeitraum öffnen, in dem trotzdem kassiert wird, in Grenzen, die sich hier füllen.",
    ],
  },
  closing: {
    text: [
      "«Summen lesen» stellt das Register dieses Schalters und das Terminal nebeneinander und ändert nichts.",
      "«Sitzung abschließen» setzt die Summen des Terminals auf null: das macht eine verantwortliche Person am Ende des Tages, wenn niemand zahlt.",
      "Weichen die Summen ab, steht hier, um wie viel und welche Zahlungen es erklären können. Eine Abweichung ohne Zahlungen ist meist ein am Terminal eingegebener Verkauf.",
      "Der Tagesbericht wird als PDF für das Amt oder als Datei für die Buchhaltung gespeichert.",
    ],
  },
  status: {
    text: [
      "Ein Wort sagt, ob kassiert werden kann. Darunter sagt jeder Teil, warum nicht und was zu tun ist.",
      "«Jetzt prüfen» fragt das Terminal, ob es bereit ist: es bewegt kein Geld.",
      "Die Sammlung für den Support kann vor dem Speichern ganz gelesen werden. Die Prüfsumme SHA-256 beweist, dass die Datei nicht verändert wurde.",
    ],
  },
};

export default help;

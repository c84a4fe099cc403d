package config

import (
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// Edits that several rows make; each is right by itself (TestTheRegionsKeys).
const (
	settleTerminal = `    settlement: terminal          # terminal | platform
    psp: {id: CIPBITMM, intermediary: "13212880150", channel: "13212880150_90", payment_type: CP}
    notice_data: {tag: 5, template: "{notice}{creditor}", index_map: "5000"}   # null: il contratto non porta dati aggiuntivi
    max_notices: 1                # avvisi con una sola carta: quanti ne portano i dati aggiuntivi (3 con questi; 5 con null e settlement platform). Di più si incassano uno dopo l'altro
    reversal: none                # none | provider
`
	settlePlatform = `    settlement: platform
    psp: {id: CIPBITMM, intermediary: "13212880150", channel: "13212880150_90", payment_type: CP}
`
	offlineText = "allow: true, max_amount_cents: 20000, max_total_cents: 50000, max_payments: 5, max_hours: 4, verified_within: 24h"
	serviceText = `services: [{type: CERTIFICATI, name: Diritti, creditor: "01199250158", reason: Diritti di segreteria, amount_cents: 1600, entry_code: SEGRETERIA, taxonomy: Servizi erogati dal comune, due_days: 30, form: DIR/form.json}]
`
)

// edited is a text with one change, which must be there.
func edited(text, old, new string) string {
	if !strings.Contains(text, old) {
		panic("no " + old)
	}
	return strings.Replace(text, old, new, 1)
}

// mistakes: each is one edit of the design's sample and the one problem it must give. The line is the
// one in which at stands (after the edit); DIR is the directory of the test's files.
var mistakes = []struct {
	name     string
	old, new string
	at       string // text of the line; empty: line 0
	key      string
	reason   string // part of it
	remedy   string // part of it
	warning  bool
}{
	{"metrics for no address", "offline: {allow: false}", "offline: {allow: false}\nmetrics: {from: [prometheus.comune.example]}", "metrics", "metrics.from", "non è un indirizzo IP né una rete", "10.1.2.0/24", false},
	{"log without files", "offline: {allow: false}", "offline: {allow: false}\nlog: {file: DIR/sportello.log, files: 0}", "log:", "log.files", "0", "", false},
	{"unknown key", "language: it", "lingua: it", "lingua", "lingua", "voce sconosciuta", "togliere la voce; quelle ammesse qui sono: installation", false},
	{"misspelt key", "language: it", "languge: it", "languge", "languge", "voce sconosciuta", "forse intendevi «language»", false},
	{"misspelt key in a terminal", "max_notices: 1", "max_notice: 1", "max_notice", "terminals[0].max_notice", "voce sconosciuta", "forse intendevi «max_notices»", false},
	{"misspelt key in auth", "user: sportello, ", "user: sportello, pasword_file: x, ", "auth:", "platform.auth.pasword_file", "voce sconosciuta", "forse intendevi «password_file»", false},
	{"key twice", "language: it", "language: it\nlanguage: de", "language: de", "language", "c'è due volte", "tenerne una sola", false},
	{"alias", "language: it", "language: &a it\nscanner: *a", "scanner", "scanner", "rimandi YAML", "per esteso", false},
	{"tab", "language: it", "\tlanguage: it", "\tlanguage", "", "non è YAML valido", "spazi, non tabulazioni", false},
	{"double quoted Windows path", "data_dir: DIR", `data_dir: "C:\ProgramData\Sportello"`, "data_dir", "", "non è YAML valido", "apici singoli", false},
	{"Windows path eaten", "data_dir: DIR", `data_dir: "C:\ProgramData"`, "data_dir", "data_dir", "virgolette doppie", "apici singoli", false},
	{"two documents", "offline: {allow: false}", "---\nx: y", "---", "", "secondo documento", "un solo documento", false},
	{"installation missing", "installation: A1", "", "listen", "installation", "manca", "installation: A1", false},
	{"installation shape", "installation: A1", "installation: ab1", "ab1", "installation", "due caratteri", "per esempio A1", false},
	{"code eaten by YAML", "installation: A1", "installation: true", "installation", "installation", "non è letto come testo", "fra virgolette", false},
	{"listen without port", "127.0.0.1:8417", "127.0.0.1", "listen", "listen", "non è INDIRIZZO:PORTA", "127.0.0.1:8417", false},
	{"listen on a name", "127.0.0.1:8417", "localhost:8417", "listen", "listen", "non è un indirizzo IP", "usare 127.0.0.1", false},
	{"listen to all without tls", "127.0.0.1:8417", "0.0.0.0:8417", "listen", "listen", "senza cifratura", "aggiungere tls", false},
	{"relative data_dir", "data_dir: DIR", "data_dir: dati", "data_dir", "data_dir", "non è un percorso completo", "dall'inizio", false},
	{"language", "language: it", "language: fr", "language", "language", `"fr" non è ammesso`, "it, en, de", false},
	{"operators file missing", "DIR/operators.yaml", "DIR/none.yaml", "operators_file", "operators_file", "non esiste", "operator hash", false},
	{"operators file for all", "DIR/operators.yaml", "DIR/open.yaml", "operators_file", "operators_file", "leggibile da tutti", "chmod o-rwx", false},
	{"no creditor", `  - {tax_code: "01199250158", name: Comune di Esempio, gln: ""}`, "", "creditors", "creditors", "almeno un ente", "docs/integratore.md", false},
	{"tax code short", `"01199250158"`, `"1199250158"`, "tax_code", "creditors[0].tax_code", "non ha 11 cifre", "zeri iniziali", false},
	{"tax code with IT", `"01199250158"`, `"IT01199250158"`, "tax_code", "creditors[0].tax_code", "non ha 11 cifre", "senza IT", false},
	{"tax code letters", `"01199250158"`, `"0119925015X"`, "tax_code", "creditors[0].tax_code", "altro che cifre", "11 cifre", false},
	{"tax code zeros", `"01199250158"`, `"00000000000"`, "tax_code", "creditors[0].tax_code", "non è il codice fiscale", "11 cifre", false},
	{"tax code check digit", `"01199250158"`, `"01199250159"`, "tax_code", "creditors[0].tax_code", "cifra di controllo", "ricontrollarlo", true},
	{"gln", `gln: ""`, `gln: "123"`, "gln", "creditors[0].gln", "non è un codice GLN", "lasciarlo vuoto", false},
	{"creditor twice", `gln: ""}`, "gln: \"\"}\n  - {tax_code: \"01199250158\", name: Altro}", "Altro", "creditors[1].tax_code", "c'è due volte (già alla riga", "uno solo", false},
	{"terminals not a list", "terminals:\n  - name: cassa1", "terminals:\n    name: cassa1", "terminals", "terminals", "qui va un elenco", "«- »", false},
	{"terminal name shape", "name: cassa1", "name: Cassa 1", "name: Cassa 1", "terminals[0].name", "non va bene come nome", "label", false},
	{"unknown driver", "driver: nexi ", "driver: nexy ", "driver: nexy", "terminals[0].driver", `"nexy" non è ammesso`, "forse intendevi «nexi»", false},
	{"address without scheme", "tcp://192.168.1.50:10000", "192.168.1.50:10000", "address", "terminals[0].address", "non inizia con tcp://", "tcp://INDIRIZZO:PORTA", false},
	{"address without port", "tcp://192.168.1.50:10000", "tcp://192.168.1.50", "address", "terminals[0].address", "non ha la porta", "tcp://INDIRIZZO:PORTA", false},
	{"address of another kind", "tcp://192.168.1.50:10000", "http://192.168.1.50:80", "address", "terminals[0].address", "http://, che non è un tipo di linea", "serial://COM3", false},
	{"serial address", "tcp://192.168.1.50:10000", "serial://ttyUSB0", "address", "terminals[0].address", "porta seriale valida", "serial:///dev/ttyUSB0", false},
	{"terminal id", `terminal_id: "12345678"`, `terminal_id: "1234"`, "terminal_id", "terminals[0].terminal_id", "8 cifre", "TID", false},
	{"cash register id", `"00000001"`, `"1"`, "cash_register_id", "terminals[0].cash_register_id", "8 cifre", "00000001", false},
	{"lrc", "lrc: auto", "lrc: stx-payload", "lrc", "terminals[0].lrc", "non è ammesso", "stx+payload+etx, payload+etx, payload, stx+payload", false},
	{"exclusivity", "exclusivity: shared", "exclusivity: E3", "exclusivity", "terminals[0].exclusivity", "non è ammesso", "exclusive, manual, shared", false},
	{"settlement", "settlement: terminal", "settlement: bank", "settlement", "terminals[0].settlement", "non è ammesso", "terminal, platform", false},
	{"settlement platform with the notice on the terminal", "settlement: terminal", "settlement: platform", "notice_data", "terminals[0].notice_data", "risulta pagato due volte", "notice_data: null", true},
	{"settlement platform without intermediary", settleTerminal, strings.Replace(settlePlatform, `intermediary: "13212880150", `, "", 1), "psp:", "terminals[0].psp.intermediary", "lo chiede per registrare", `intermediary: "13212880150"`, false},
	{"settlement platform without channel", settleTerminal, strings.Replace(settlePlatform, `channel: "13212880150_90", `, "", 1), "psp:", "terminals[0].psp.channel", "lo chiede per registrare", `channel: "13212880150_90"`, false},
	{"settlement platform with a type that the platform cannot read", settleTerminal, strings.Replace(settlePlatform, "payment_type: CP", "payment_type: JIF", 1), "psp:", "terminals[0].psp.payment_type", "non è ammesso", "CP, BBT", false},
	{"settlement platform and reversal", settleTerminal, settlePlatform + "    reversal: provider\n", "reversal", "terminals[0].reversal", "inviato alla piattaforma", "reversal: none", true},
	{"settlement platform too many notices", settleTerminal, settlePlatform + "    max_notices: 6\n", "max_notices", "terminals[0].max_notices", "da 1 a 5", "max_notices: 1", false},
	{"psp missing", "    psp: {", "    #psp: {", "- name: cassa1", "terminals[0].psp", "non si riconoscono", "psp: {id:", false},
	{"psp without id", "psp: {id: CIPBITMM, ", "psp: {", "psp:", "terminals[0].psp.id", "manca", "CIPBITMM", false},
	{"psp shape", "channel: \"13212880150_90\"", "channel: \"1321 2880\"", "psp:", "terminals[0].psp.channel", "che un codice pagoPA non ha", "lettere, cifre", false},
	{"psp without channel", ", channel: \"13212880150_90\"", "", "psp:", "terminals[0].psp.channel", "resta sospesa", "codice del canale", true},
	{"psp with an empty channel", "channel: \"13212880150_90\"", "channel: \"\"", "psp:", "terminals[0].psp.channel", "resta sospesa", "codice del canale", true},
	{"payment type", "payment_type: CP", "payment_type: carta", "psp:", "terminals[0].psp.payment_type", "tipo di versamento", "CP", false},
	{"tag", "{tag: 5,", "{tag: 6,", "notice_data", "terminals[0].notice_data.tag", "da 1 a 5", "tag: 5", false},
	{"template without notice", `"{notice}{creditor}"`, `"{creditor}"`, "notice_data", "terminals[0].notice_data.template", "non contiene {notice}", "{notice}{creditor}", false},
	{"template placeholder", `"{notice}{creditor}"`, `"{notice}{ente}"`, "notice_data", "terminals[0].notice_data.template", "segnaposto sconosciuto", "{creditor}", false},
	{"template characters", `"{notice}{creditor}"`, `"{notice}è"`, "notice_data", "terminals[0].notice_data.template", "non accetta", "senza accento", false},
	{"template too long for the tag", `{tag: 5, template: "{notice}{creditor}", index_map: "5000"}`, `{tag: 1, template: "N {notice} {creditor}", index_map: "1000"}`, "notice_data", "terminals[0].notice_data.template", "occupa 32 caratteri", "tag: 5", false},
	{"index map", `index_map: "5000"`, `index_map: "50"`, "notice_data", "terminals[0].notice_data.index_map", "4 cifre da 0 a 5", `"5000"`, false},
	{"index map without the tag", `index_map: "5000"`, `index_map: "0000"`, "notice_data", "terminals[0].notice_data.index_map", "non annuncia il campo 5", `"5000"`, true},
	{"no notice data", `notice_data: {tag: 5, template: "{notice}{creditor}", index_map: "5000"}`, "notice_data: null", "notice_data", "terminals[0].notice_data", "non riceve il numero di avviso", "per iscritto", true},
	{"max_notices too many", "max_notices: 1", "max_notices: 4", "max_notices", "terminals[0].max_notices", "ce ne stanno 3", "max_notices: 3", false},
	{"max_notices a word", "max_notices: 1", "max_notices: uno", "max_notices", "terminals[0].max_notices", "numero intero", "max_notices: 1", false},
	{"max_notices zero", "max_notices: 1", "max_notices: 0", "max_notices", "terminals[0].max_notices", "da 1 a 5", "max_notices: 1", false},
	{"reversal", "reversal: none", "reversal: bank", "reversal", "terminals[0].reversal", "non è ammesso", "none, provider", false},
	{"reversal by the provider", "reversal: none", "reversal: provider", "reversal", "terminals[0].reversal", "il debito resta pagato", "per iscritto", true},
	{"full lines", "receipts: ecr", "full_lines: si", "full_lines", "terminals[0].full_lines", "né true né false", "true oppure false", false},
	{"receipts", "receipts: ecr", "receipts: printer", "receipts", "terminals[0].receipts", "non è ammesso", "ecr, terminal", false},
	{"timing without unit", "result: 180s", "result: 180", "timing", "terminals[0].timing.result", "non è una durata", "180s", false},
	{"timing too short", "result: 180s", "result: 5ms", "timing", "terminals[0].timing.result", "fuori dai limiti", "1s a 600s", false},
	{"timing for simulators only", "result: 180s", "result: 5s", "timing", "terminals[0].timing.result", "poco per un terminale vero", "almeno 60s", true},
	{"hard stop before result", "hard_stop: 600s", "hard_stop: 100s", "timing", "terminals[0].timing.hard_stop", "è meno di result", "maggiore di result", false},
	{"wait too short for a NAK", "quiet: 300s}", "quiet: 300s, recheck: 100ms}", "timing", "terminals[0].timing.recheck", "rifiutato ma eseguito", "almeno 5s", true},
	{"wait below its limit", "quiet: 300s}", "quiet: 300s, ack: 1ms}", "timing", "terminals[0].timing.ack", "fuori dai limiti", "10ms a 30s", false},
	{"quiet for simulators only", "quiet: 300s}", "quiet: 10s}", "timing", "terminals[0].timing.quiet", "dato per non avvenuto", "almeno 60s", true},
	{"unknown wait", "quiet: 300s}", "quiet: 300s, reprint: 5s}", "timing", "terminals[0].timing.reprint", "voce sconosciuta", "total_before", false},
	{"command", "receipts: ecr", "command: Z", "command", "terminals[0].command", "non è ammesso", "X, P", false},
	{"ack form", "receipts: ecr", "ack_form: ctrl-etx", "ack_form", "terminals[0].ack_form", "non è ammesso", "forse intendevi «ctrl+etx»", false},
	{"any state", "receipts: ecr", "any_state: true", "any_state", "terminals[0].any_state", "nessun documento", "per iscritto", true},
	{"sends", "receipts: ecr", "sends: 9", "sends", "terminals[0].sends", "da 1 a 5", "sends: 3", false},
	{"platform driver", "driver: govpay", "driver: pagopa", "driver: pagopa", "platform.driver", "non è ammesso", "govpay", false},
	{"platform over http", "pagamento: https://", "pagamento: http://", "pagamento", "platform.pagamento", "in chiaro", "https://", false},
	{"platform not a URL", "ragioneria: https://", "ragioneria: ", "ragioneria", "platform.ragioneria", "non è un indirizzo https://", "indirizzo base", false},
	{"password in the URL", "pagamento: https://", "pagamento: https://u:segreto@", "pagamento", "platform.pagamento", "contiene un utente", "auth", false},
	{"query in the URL", "rs/basic/v3", "rs/basic/v3?x=1", "ragioneria", "platform.ragioneria", "contiene ? o #", "indirizzo base", false},
	{"application missing", "application: A2A-SPORTELLO", "", "driver: govpay", "platform.application", "manca", "A2A-SPORTELLO", false},
	{"auth missing", "  auth: {user: sportello, password_file: DIR/govpay.password}", "", "driver: govpay", "platform.auth", "manca", "scegliere uno dei modi", false},
	{"auth of two ways", "{user: sportello, ", "{api_id: x, api_key_file: DIR/govpay.password, user: sportello, ", "auth:", "platform.auth", "più modi", "scegliere uno", false},
	{"auth by half", "user: sportello, ", "", "auth:", "platform.auth.user", "user e password_file vanno insieme", "user: …", false},
	{"password file missing", "DIR/govpay.password", "DIR/none", "auth:", "platform.auth.password_file", "non esiste", "creare il file", false},
	{"password file relative", "DIR/govpay.password", "govpay.password", "auth:", "platform.auth.password_file", "percorso completo", "dall'inizio", false},
	{"password file empty", "DIR/govpay.password", "DIR/empty.password", "auth:", "platform.auth.password_file", "è vuoto", "una riga", false},
	{"password file for all", "DIR/govpay.password", "DIR/open.password", "auth:", "platform.auth.password_file", "leggibile da tutti", "chmod o-rwx", false},
	{"ca file not PEM", `ca_file: ""`, "ca_file: DIR/govpay.password", "ca_file", "platform.ca_file", "formato PEM", "BEGIN", false},
	{"proxy without scheme", "  ca_file:", "  proxy: proxy.ente.example:3128\n  ca_file:", "proxy:", "platform.proxy", "non è l'indirizzo di un proxy", "http://proxy.ente.example:3128", false},
	{"proxy with a password", "  ca_file:", "  proxy: http://u:segreto@proxy:3128\n  ca_file:", "proxy:", "platform.proxy", "contiene un utente", "proxy_password_file", false},
	{"proxy with a path", "  ca_file:", "  proxy: http://proxy:3128/pac\n  ca_file:", "proxy:", "platform.proxy", "dopo la porta", "http://proxy.ente.example:3128", false},
	{"proxy by half", "  ca_file:", "  proxy: http://proxy:3128\n  proxy_user: cassa\n  ca_file:", "driver: govpay", "platform.proxy_password_file", "vanno insieme", "proxy_password_file: …", false},
	{"proxy password alone", "  ca_file:", "  proxy: http://proxy:3128\n  proxy_password_file: DIR/govpay.password\n  ca_file:", "driver: govpay", "platform.proxy_user", "vanno insieme", "proxy_user: …", false},
	{"proxy user without proxy", "  ca_file:", "  proxy: none\n  proxy_user: cassa\n  proxy_password_file: DIR/govpay.password\n  ca_file:", "proxy_user", "platform.proxy_user", "serve solo con un indirizzo", "proxy: http://…", false},
	{"proxy user with a colon", "  ca_file:", "  proxy: http://proxy:3128\n  proxy_user: \"a:b\"\n  proxy_password_file: DIR/govpay.password\n  ca_file:", "proxy_user", "platform.proxy_user", "due punti", "correggere", false},
	{"proxy password for all", "  ca_file:", "  proxy: http://proxy:3128\n  proxy_user: cassa\n  proxy_password_file: DIR/open.password\n  ca_file:", "proxy_password_file", "platform.proxy_password_file", "leggibile da tutti", "chmod o-rwx", false},
	{"verify without address", "  ca_file:", "  verify: [pagamento, backoffice]\n  ca_file:", "verify:", "platform.verify", "di backoffice manca l'indirizzo", "backoffice: https://", false},
	{"verify twice", "  ca_file:", "  verify: [pagamento, pagamento]\n  ca_file:", "verify:", "platform.verify", "c'è due volte", "una volta sola", false},
	{"verify by half", "  ca_file:", "  verify: [ragioneria]\n  ca_file:", "verify:", "platform.verify", "per metà", "pagamento o backoffice", true},
	{"timeouts unknown", "  ca_file:", "  timeouts: {verifica: 3s}\n  ca_file:", "timeouts:", "platform.timeouts.verifica", "voce sconosciuta", "verify", false},
	{"timeouts without unit", "  ca_file:", "  timeouts: {verify: 15}\n  ca_file:", "timeouts:", "platform.timeouts.verify", "non è una durata", "180s", false},
	{"timeouts verify short", "  ca_file:", "  timeouts: {verify: 3s}\n  ca_file:", "timeouts:", "platform.timeouts.verify", "7 secondi", "almeno 10s", true},
	{"timeouts read short", "  ca_file:", "  timeouts: {read: 300ms}\n  ca_file:", "timeouts:", "platform.timeouts.read", "sembrerebbe spenta", "almeno 5s", true},
	{"timeouts submit short", "  ca_file:", "  timeouts: {submit: 60s}\n  ca_file:", "timeouts:", "platform.timeouts.submit", "senza esito", "almeno 300s", true},
	{"pagamento missing without a successor", "  pagamento: https", "  #pagamento: https", "driver: govpay", "platform.pagamento", "manca", "frontend/api/pagamento", false},
	{"offline amount missing", "allow: false", strings.Replace(offlineText, "max_amount_cents: 20000, ", "", 1), "offline", "offline.max_amount_cents", "va scelto e scritto", "max_amount_cents: 20000", false},
	{"offline total missing", "allow: false", strings.Replace(offlineText, "max_total_cents: 50000, ", "", 1), "offline", "offline.max_total_cents", "va scelto e scritto", "max_total_cents: 200000", false},
	{"offline payments zero", "allow: false", strings.Replace(offlineText, "max_payments: 5", "max_payments: 0", 1), "offline", "offline.max_payments", "va scelto e scritto", "max_payments: 20", false},
	{"offline hours missing", "allow: false", strings.Replace(offlineText, "max_hours: 4, ", "", 1), "offline", "offline.max_hours", "va scelto e scritto", "max_hours: 8", false},
	{"offline hours too many", "allow: false", strings.Replace(offlineText, "max_hours: 4", "max_hours: 100", 1), "offline", "offline.max_hours", "da 0 a 72", "max_hours: 8", false},
	{"offline unverified", "allow: false", strings.Replace(offlineText, ", verified_within: 24h", "", 1), "offline", "offline.verified_within", "mai verificato", "verified_within: 24h", true},
	{"offline verified too long ago", "allow: false", strings.Replace(offlineText, "24h", "1000h", 1), "offline", "offline.verified_within", "fuori dai limiti", "2592000s", false},
	{"offline one payment over the total", "allow: false", strings.Replace(offlineText, "20000", "60000", 1), "offline", "offline.max_amount_cents", "supera max_total_cents", "totale del periodo", false},
	{"offline a word", "allow: false", "allow: no", "offline", "offline.allow", "né true né false", "senza virgolette", false},
	{"tls without key", "language: it", "tls: {certificate: DIR/cert.pem}\nlanguage: it", "tls:", "tls.key", "manca", "key", false},
	{"hosts", "language: it", "hosts: [\"http://x\"]\nlanguage: it", "hosts", "hosts", "nome di PC", "senza http://", false},
	{"origins", "language: it", "origins: [\"https://x/\"]\nlanguage: it", "origins", "origins", "non è un'origine", "barra finale", false},
	{"service neither word nor group", "language: it", "services: [1]\n" + "language: it", "services", "services[0]", "qui va un testo", "virgolette", false},
	{"services not a list", "language: it", "services: TARI\n" + "language: it", "services", "services", "qui va un elenco", "«- »", false},
	{"service of the catalogue with blanks", "language: it", "services: [DIRITTI VARI]\n" + "language: it", "services", "services[0]", "non è il codice di un tipo", "lettere, cifre", false},
	{"service twice", "language: it", "services: [TARI, TARI]\n" + "language: it", "services", "services[1]", "due volte per lo stesso ente", "uno solo", false},
	{"service without type", "language: it", edited(serviceText, `type: CERTIFICATI, `, ``) + "language: it", "services", "services[0].type", "manca", "DIRITTI_SEGRETERIA", false},
	{"service without name", "language: it", edited(serviceText, `name: Diritti, `, ``) + "language: it", "services", "services[0].name", "manca", "Diritti di segreteria", false},
	{"service of another creditor", "language: it", edited(serviceText, `creditor: "01199250158"`, `creditor: "00000000001"`) + "language: it", "services", "services[0].creditor", "non è fra gli enti", "codice fiscale", false},
	{"service reason too long", "language: it", edited(serviceText, `reason: Diritti di segreteria`, `reason: "`+strings.Repeat("x", 141)+`"`) + "language: it", "services", "services[0].reason", "141 caratteri", "al massimo 140", false},
	{"service amount", "language: it", edited(serviceText, `amount_cents: 1600`, `amount_cents: 16.00`) + "language: it", "services", "services[0].amount_cents", "numero intero", "amount_cents", false},
	{"service without account", "language: it", edited(serviceText, `entry_code: SEGRETERIA, `, ``) + "language: it", "services", "services[0].entry_code", "dove va il denaro", "entry_code: …", false},
	{"service with two accounts", "language: it", edited(serviceText, `entry_code: SEGRETERIA`, `entry_code: SEGRETERIA, iban: IT60X0542811101000000123456`) + "language: it", "services", "services[0].entry_code", "ha già il suo conto", "tenere entry_code", false},
	{"service entry code", "language: it", edited(serviceText, `entry_code: SEGRETERIA`, `entry_code: "di segreteria"`) + "language: it", "services", "services[0].entry_code", "codice di un", "copiare", false},
	{"service IBAN", "language: it", edited(serviceText, `entry_code: SEGRETERIA`, `iban: IT61X0542811101000000123456, accounting_kind: ALTRO, accounting_code: 9/123`) + "language: it", "services", "services[0].iban", "IBAN italiano", "tesoreria", false},
	{"service accounting kind", "language: it", edited(serviceText, `entry_code: SEGRETERIA`, `iban: IT60X0542811101000000123456, accounting_kind: CONTO, accounting_code: 9/123`) + "language: it", "services", "services[0].accounting_kind", "non è ammesso", "CAPITOLO, SPECIALE", false},
	{"service accounting code", "language: it", edited(serviceText, `entry_code: SEGRETERIA`, `iban: IT60X0542811101000000123456, accounting_kind: ALTRO`) + "language: it", "services", "services[0].accounting_code", "codice di contabilità", "3 a 138", false},
	{"service taxonomy", "language: it", edited(serviceText, `taxonomy: Servizi erogati dal comune`, `taxonomy: servizi erogati dal comune`) + "language: it", "services", "services[0].taxonomy", "non è ammesso", "forse intendevi", false},
	{"service due days", "language: it", edited(serviceText, `due_days: 30`, `due_days: -1`) + "language: it", "services", "services[0].due_days", "da 0 a 3650", "due_days", false},
	{"service form missing", "language: it", edited(serviceText, `DIR/form.json`, `DIR/none.json`) + "language: it", "services", "services[0].form", "non esiste", "creare il file", false},
	{"service form relative", "language: it", edited(serviceText, `DIR/form.json`, `form.json`) + "language: it", "services", "services[0].form", "percorso completo", "dall'inizio", false},
	{"service form not JSON", "language: it", edited(serviceText, `DIR/form.json`, `DIR/broken.json`) + "language: it", "services", "services[0].form", "non è JSON (riga 2)", "virgole", false},
	{"service form not an object", "language: it", edited(serviceText, `DIR/form.json`, `DIR/list.json`) + "language: it", "services", "services[0].form", "non descrive un oggetto", "properties", false},
	{"service form without fields", "language: it", edited(serviceText, `DIR/form.json`, `DIR/nofields.json`) + "language: it", "services", "services[0].form", "non ha campi", "properties", false},
	{"printer", "language: it", "printer: {copies: 9}\nlanguage: it", "printer", "printer.copies", "da 1 a 5", "copies: 1", false},
	{"printer name", "language: it", "printer: {name: tcp://stampante:99999}\nlanguage: it", "printer", "printer.name", "non è una stampante", "tcp://INDIRIZZO:9100", false},
	{"printer columns", "language: it", "printer: {columns: 10}\nlanguage: it", "printer", "printer.columns", "da 24 a 64", "columns: 48", false},
	{"printer automatic", "language: it", "printer: {automatic: slip}\nlanguage: it", "printer", "printer.automatic", "manca la stampante", "name", false},
	{"scanner", "language: it", "scanner: {keyboard: fr}\nlanguage: it", "scanner", "scanner.keyboard", "non è ammesso", "auto, it, us", false},
	{"retention", "language: it", "retention: {personal_days: 5}\nlanguage: it", "retention", "retention.personal_days", "troppo pochi", "almeno 90", false},
	{"log", "language: it", "log: {level: verbose}\nlanguage: it", "log", "log.level", "non è ammesso", "debug, info, warn, error", false},
}

func TestEveryMistakeHasItsLineReasonAndRemedy(t *testing.T) {
	for _, m := range mistakes {
		t.Run(m.name, func(t *testing.T) {
			if runtime.GOOS == "windows" && strings.Contains(m.reason, "leggibile da tutti") {
				t.Skip("file modes do not say who may read on Windows")
			}
			dir, text := sample(t)
			write(t, filepath.Join(dir, "open.yaml"), operatorsText(), 0o644)
			text = strings.ReplaceAll(text, filepath.ToSlash(dir), "DIR")
			edited := strings.Replace(text, m.old, m.new, 1)
			if edited == text {
				t.Fatalf("the sample has no %q", m.old)
			}
			path := filepath.Join(dir, "config.yaml")
			write(t, path, strings.ReplaceAll(edited, "DIR", filepath.ToSlash(dir)), 0o644)
			c, problems := Check(path)
			if (c != nil) != m.warning {
				t.Errorf("configuration %v, warning %v", c, m.warning)
			}
			if len(problems) != 1 {
				t.Fatalf("%d problems:\n%v", len(problems), &InvalidError{Problems: problems})
			}
			got := problems[0]
			if got.Key != m.key || !strings.Contains(got.Reason, m.reason) || !strings.Contains(got.Remedy, m.remedy) || got.Warning != m.warning {
				t.Errorf("got %+v", got)
			}
			before, _, found := strings.Cut(edited, m.at)
			if want := 1 + strings.Count(before, "\n"); !found || got.Line != want {
				t.Errorf("line %d, want %d (%q)", got.Line, want, m.at)
			}
			if strings.Contains(got.Reason+got.Remedy, "segreto@") {
				t.Errorf("a password is in %s", got)
			}
		})
	}
}

// TestKeysAreListedOnce: the remedy for an unknown key names each key once.
func TestKeysAreListedOnce(t *testing.T) {
	dir, text := sample(t)
	text = strings.Replace(text, "quiet: 300s}", "quiet: 300s, recheck: 6s, linger: 1s, zzzzzzzz: 1}", 1)
	text = strings.Replace(text, "    receipts: ecr", "    full_lines: false\n    zzzzzzzz: 1\n    receipts: ecr", 1)
	path := filepath.Join(dir, "config.yaml")
	write(t, path, text, 0o644)
	_, problems := Check(path)
	if len(problems) != 2 {
		t.Fatalf("problems:\n%v", &InvalidError{Problems: problems})
	}
	for _, p := range problems {
		_, list, _ := strings.Cut(p.Remedy, ": ")
		keys := strings.Split(list, ", ")
		slices.Sort(keys)
		if len(keys) < 3 || len(slices.Compact(slices.Clone(keys))) != len(keys) {
			t.Errorf("%s: %q", p.Key, p.Remedy)
		}
	}
}

// TestVerifyNamesWhatIsMeant: a misspelt word alone is also an order without a whole verification.
func TestVerifyNamesWhatIsMeant(t *testing.T) {
	dir, text := sample(t)
	path := filepath.Join(dir, "config.yaml")
	write(t, path, edited(text, "  ca_file:", "  verify: [pagamenti]\n  ca_file:"), 0o644)
	_, problems := Check(path)
	if len(problems) != 1 || problems[0].Key != "platform.verify" || !strings.Contains(problems[0].Remedy, "forse intendevi «pagamento»") {
		t.Errorf("problems: %v", problems)
	}
}

// TestSeveralTerminals: what only two entries can get wrong.
func TestSeveralTerminals(t *testing.T) {
	second := func(edit ...string) string {
		return strings.NewReplacer(edit...).Replace("  - {name: cassa2, driver: numera, address: \"tcp://192.168.1.51:10000\", terminal_id: \"12345679\", psp: {id: X, channel: Y}}\nplatform:\n")
	}
	for _, c := range []struct {
		name, terminal string
		want           []string // keys, in order
		reason         string
	}{
		{"two good ones", second(), nil, ""},
		{"same name", second("cassa2", "cassa1"), []string{"terminals[1].name"}, "stesso nome (riga 9)"},
		{"same address", second("51:10000", "50:10000"), []string{"terminals[1].address"}, "stessa linea (riga 12)"},
		{"same id", second("12345679", "12345678"), []string{"terminals[1].terminal_id"}, "riga 13"},
		{"mixed ways", second("psp:", "settlement: platform, psp:"), []string{"terminals[1].settlement", "terminals[1].psp.intermediary"}, "lo stesso avviso avrebbe due strade"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, text := sample(t)
			path := filepath.Join(dir, "config.yaml")
			write(t, path, strings.Replace(text, "platform:\n", c.terminal, 1), 0o644)
			_, problems := Check(path)
			if len(problems) != len(c.want) {
				t.Fatalf("problems:\n%v", &InvalidError{Problems: problems})
			}
			for i, p := range problems {
				if p.Key != c.want[i] {
					t.Errorf("problem %d: %+v", i, p)
				}
			}
			if len(problems) > 0 && !strings.Contains(problems[0].Reason, c.reason) {
				t.Errorf("reason %q", problems[0].Reason)
			}
		})
	}
}

func TestPlatformMissing(t *testing.T) {
	dir, text := sample(t)
	before, rest, _ := strings.Cut(text, "platform:\n")
	_, after, _ := strings.Cut(rest, "offline:")
	path := filepath.Join(dir, "config.yaml")
	write(t, path, before+"offline:"+after, 0o644)
	_, problems := Check(path)
	if len(problems) != 1 || problems[0].Key != "platform" || !strings.Contains(problems[0].Reason, "manca") {
		t.Errorf("problems: %+v", problems)
	}
}

// TestFileAsAWhole: files that are no configuration at all.
func TestFileAsAWhole(t *testing.T) {
	for name, c := range map[string]struct{ text, reason string }{
		"empty":    {"", "il file è vuoto"},
		"comments": {"# niente\n", "il file è vuoto"},
		"a list":   {"- a\n- b\n", "non è un elenco di voci"},
		"a word":   {"ciao", "non è un elenco di voci"},
		"binary":   {"\x00\x01\x02", "non è YAML valido"},
		"huge":     {strings.Repeat("#", maxFile+1), "supera 1 MiB"},
	} {
		path := filepath.Join(t.TempDir(), "config.yaml")
		write(t, path, c.text, 0o644)
		got, problems := Check(path)
		if got != nil || len(problems) != 1 || !strings.Contains(problems[0].Reason, c.reason) || problems[0].Remedy == "" {
			t.Errorf("%s: %+v", name, problems)
		}
	}
}

package main

import "sportello/protocol/govpay"

// findingText is what a finding means for the person at this PC, and what to do. Places in braces are
// filled by probed.words.
type findingText struct {
	found, remedy string
	doubt         bool // it works so far
}

// wellTexts are the sentences of what is well, by check.
var wellTexts = map[govpay.Check]string{
	govpay.CheckReach:       "{host} risponde in {took}",
	govpay.CheckTLS:         "di {host}, firmato da «{issuer}», vale fino al {expires}",
	govpay.CheckCredentials: "accettate",
	govpay.CheckProfile:     "è quella prevista",
	govpay.CheckClock:       "va con quello della piattaforma (differenza {skew})",
	govpay.CheckCreditor:    "{detail} concesso",
	govpay.CheckGrant:       "{api} concessa",
	govpay.CheckExpiry:      "non è vicina",
}

// flags are the permissions as the platform's console names them.
var flags = map[govpay.API]string{
	govpay.Pagamento: "API Pagamenti", govpay.Pendenze: "API Pendenze", govpay.Ragioneria: "API Ragioneria", govpay.Backoffice: "API Backoffice (ruolo Pendenze, in lettura)",
}

// findingTexts has a row for every govpay.FindingCode but the one that is well.
var findingTexts = map[govpay.FindingCode]findingText{
	govpay.FindingNotConfigured: {found: "manca l'indirizzo", remedy: "aggiungere {key} alla configurazione, se questa API serve", doubt: true},
	govpay.FindingSecretFile: {found: "il file di {detail} non si può leggere o usare",
		remedy: "controllare che il file esista, non sia vuoto e sia leggibile dall'utente del servizio"},
	govpay.FindingCAFile: {found: "il file di ca_file non si legge, o non contiene certificati",
		remedy: "mettere in ca_file il certificato dell'autorità in formato PEM, come lo dà la piattaforma, oppure togliere la voce"},

	govpay.FindingNameUnknown: {found: "questo PC non conosce il nome {host}",
		remedy: "controllare il nome in {key}; se è giusto, farlo risolvere al DNS della rete, o indicare in platform.proxy il proxy da cui si esce"},
	govpay.FindingNameService: {found: "il servizio dei nomi (DNS) non risponde",
		remedy: "controllare la rete e il DNS di questo PC: anche altri nomi non si risolvono"},
	govpay.FindingRefused: {found: "{host} c'è, ma sulla porta {port} non ascolta nessuno",
		remedy: "controllare la porta in {key}; se è giusta la piattaforma è spenta: avvisarne il gestore"},
	govpay.FindingNoRoute: {found: "la rete non porta a {host}",
		remedy: "controllare cavo, rete e VPN di questo PC, e la strada verso {host}"},
	govpay.FindingConnectTimeout: {found: "nessuno risponde alla connessione verso {host} porta {port}: un firewall la scarta, o la macchina è spenta",
		remedy: "far aprire sul firewall l'uscita da questo PC verso {host} porta {port}, o indicare in platform.proxy il proxy da cui si esce"},
	govpay.FindingProxyAway: {found: "il proxy {proxy} non si raggiunge",
		remedy: "correggere indirizzo e porta in platform.proxy (o in HTTPS_PROXY), oppure proxy: none per non usarlo"},
	govpay.FindingProxyRefused: {found: "il proxy {proxy} non lascia passare verso {host}",
		remedy: "far autorizzare sul proxy questo PC verso {host} porta {port}"},
	govpay.FindingProxyLogin: {found: "il proxy {proxy} vuole utente e password, o non accetta quelli che ha avuto",
		remedy: "scrivere in platform proxy_user e proxy_password_file, o correggerli"},
	govpay.FindingCut: {found: "la connessione è stata chiusa a metà, senza risposta",
		remedy: "ripetere; se succede sempre, chiedere alla rete se un apparato la interrompe, e al gestore se la piattaforma è in manutenzione"},
	govpay.FindingTooSlow: {found: "collegato, ma la risposta non arriva entro il tempo",
		remedy: "riprovare più tardi; se succede sempre, alzare platform.timeouts.read e avvisare il gestore della piattaforma"},

	govpay.FindingTLSIssuer: {found: "il certificato di {host} è firmato da «{issuer}», che questo PC non conosce",
		remedy: "se è l'autorità della piattaforma, metterne il certificato in ca_file; se è di un apparato che ispeziona il traffico, farne escludere {host}"},
	govpay.FindingTLSExpired: {found: "il certificato di {host} (di «{issuer}») è scaduto: {expires}",
		remedy: "controllare data e ora di questo PC; se sono giuste, il gestore della piattaforma deve rinnovarlo"},
	govpay.FindingTLSNotYet: {found: "il certificato di {host} (di «{issuer}») non vale ancora",
		remedy: "l'orologio di questo PC è indietro: rimetterlo; se è giusto, avvisare il gestore della piattaforma"},
	govpay.FindingTLSHost: {found: "il certificato mostrato (di «{issuer}») è di un altro nome, non di {detail}",
		remedy: "scrivere in {key} il nome che il certificato porta, come lo dà la piattaforma (non l'indirizzo IP)"},
	govpay.FindingTLSInvalid: {found: "il certificato di {host} (di «{issuer}») ha un difetto",
		remedy: "il gestore della piattaforma deve rifarlo"},
	govpay.FindingTLSNotSpoken: {found: "su {host} porta {port} non si parla HTTPS",
		remedy: "controllare la porta in {key}: quella di HTTPS è un'altra, o un apparato in mezzo risponde al suo posto"},
	govpay.FindingTLSRefused: {found: "la cifratura con {host} non si accorda",
		remedy: "chiedere al gestore della piattaforma TLS 1.2 o successivo; a volte è un apparato in mezzo"},
	govpay.FindingClientCert: {found: "{host} vuole il certificato di chi chiama, o non accetta il nostro",
		remedy: "indicare certificate e key in platform.auth, o far registrare il certificato sulla piattaforma"},
	govpay.FindingUnauthorized: {found: "la piattaforma non accetta le credenziali"}, // the remedy names the way in use
	govpay.FindingSegment: {found: "l'accesso «{segment}», che sta nell'indirizzo, non è abilitato sulla piattaforma",
		remedy: "mettere in {key}, dopo /rs/, il modo che la piattaforma offre (basic, ssl, apikey), o farlo abilitare"},
	govpay.FindingNotGranted: {found: "si entra, ma l'applicazione non ha {api}, o non per l'ente {creditor}",
		remedy: "far abilitare {api} e l'ente {creditor} all'applicazione {application}, dalla console della piattaforma; vale dopo un minuto"},
	govpay.FindingForbiddenByProxy: {found: "vietato, ma non dalla piattaforma: risponde un proxy o un firewall",
		remedy: "far autorizzare {host} e il percorso di {key} su proxy e firewall applicativo"},

	govpay.FindingWrongBase: {found: "a questo indirizzo l'API non c'è",
		remedy: "correggere il percorso in {key}: è quello che dà la piattaforma, e finisce con rs/{segment}/{version}"},
	govpay.FindingRedirect: {found: "rimanda a {detail}, di solito la pagina di accesso di un portale",
		remedy: "scrivere in {key} l'indirizzo dell'API e non quello del portale: i rimandi non si seguono"},
	govpay.FindingNotPlatform: {found: "risponde una pagina, non la piattaforma",
		remedy: "controllare {key} e il proxy: di solito è la pagina di un proxy o di un portale, o un avviso di manutenzione"},
	govpay.FindingOtherDialect: {found: "risponde un altro programma, o un'altra versione",
		remedy: "controllare che in {key} ci sia {api}, versione {version}"},
	govpay.FindingServerError: {found: "la piattaforma risponde con un suo errore",
		remedy: "riprovare più tardi; se dura, avvisare il gestore della piattaforma con l'ora e questo codice"},
	govpay.FindingHTTPSOnly: {found: "su {host} porta {port} si parla HTTPS, e {key} comincia con http://",
		remedy: "scrivere https:// in {key}"},
	govpay.FindingRefusedCall: {found: "la piattaforma rifiuta la domanda di prova",
		remedy: "avvisare l'assistenza con questo codice"},
	govpay.FindingClockSkew: {found: "l'orologio di questo PC e quello della piattaforma differiscono di {skew}",
		remedy: "sincronizzare l'ora di questo PC (NTP); se è giusta, avvisare il gestore della piattaforma"},
	govpay.FindingExpiresSoon: {found: "il certificato di {host} (di «{issuer}») scade: {expires}", doubt: true,
		remedy: "avvisare in tempo il gestore della piattaforma, che deve rinnovarlo"},
	govpay.FindingCreditorMissing: {found: "l'applicazione non vede l'ente {detail}",
		remedy: "far aggiungere l'ente {detail} all'applicazione {application} dalla console della piattaforma, o toglierlo da creditors"},
	govpay.FindingCanceled: {found: "prova interrotta", remedy: "ripetere il comando", doubt: true},
	govpay.FindingUnknown: {found: "la prova non riesce, e il motivo non si riconosce",
		remedy: "ripetere; se dura, chiamare l'assistenza con l'uscita di: sportello doctor --json"},
}

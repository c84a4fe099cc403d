package govpaytest

import "regexp"

func regexpMatch(pattern, text string) bool {
	ok, err := regexp.MatchString(pattern, text)
	return ok && err == nil
}

const (
	one     = "/pendenze/{idA2A}/{idPendenza}"
	receipt = "/ricevute/{idDominio}/{iuv}/{idRicevuta}"
	notice  = "/pendenze/byAvviso/{idDominio}/{numeroAvviso}"
)

// deviations of the code from the files, each with its reason.
var deviations = []deviation{
	// Statuses and content types.
	{apiPagamento, "POST", "/pagamenti", "response", `^status 422 not`, "a business refusal is a 422 with its codice; the file has 400 only"},
	{apiPagamento, "POST", "/pagamenti", "response", `^status 502: content type application/json`, "faults are written as application/json; the file announces application/problem+json"},
	{apiPagamento, "GET", "/rpp/{idDominio}/{iuv}/{ccp}", "response", `^status 200 not`, "an attempt is read with 200; the file documents 201"},
	{apiRagioneria, "GET", "/ricevute", "response", `^status 422 not`, "an unknown field of ordinamento is a 422 with codice 100001"},
	{apiPendenze, "PUT", one, "response", `^status 201 not`, "a position that is new is a 201; the file has 200 only"},
	{apiPendenze, "PUT", one, "response", `^status 422 not`, "a business refusal is a 422 with its codice"},
	{apiPendenze, "PATCH", one, "response", `^status 500: content type application/json`, "a business error inside PATCH comes as a 500, as application/json"},
	{apiPendenze, "PATCH", one, "request", `^body header Content-Type`, "the code takes application/json; the file says application/json-patch+json"},
	{apiPagamento, "GET", "", "request", `^operation not in the file`, "one type of the catalogue can be read by its id; the file has the list only"},

	// Values and formats.
	{"", "", "", "response", `tipo: value is not one of`, "DOVUTO and SPONTANEO are written in capitals; the file has them small"},
	{apiPagamento, "", "", "response", `dataRichiestaPagamento: string doesn't match the format "date"`, "a moment with milliseconds and without offset; the file says a date"},
	{apiRagioneria, "", "", "response", `/(data|dataPagamento): string doesn't match the format "date-time"`, "moments are local and without offset, and riscossione.data is a day; the file says date-time"},

	// Fields that the file wants and the code leaves out.
	{apiPagamento, "POST", "/pagamenti", "response", `^status 201: /redirect: .* is missing`, "with a chosen provider and no urlRitorno there is nowhere to send a browser"},
	{apiPendenze, "GET", "/pendenze", "response", `/numPagine: .* is missing`, "risultatiPerPagina=0 counts positions, not pages"},
	{apiPendenze, "GET", "/pendenze", "response", `/numRisultati: .* is missing`, "metadatiPaginazione=false leaves the counting out"},
	{apiPagamento, "GET", "/domini/{idDominio}/tipiPendenza", "response", `/tipo: .* is missing`, "the kind of a type is not shown by the list"},
	{apiRagioneria, "GET", receipt, "response", `^status 200: /modello: .* is missing`, "absent when no portal payment opened the attempt"},
	{apiRagioneria, "GET", receipt, "response", `^status 200: /stato: .* is missing`, "a receipt has an esito and no stato"},
	{apiRagioneria, "GET", "", "response", `/dataCaricamento: .* is missing`, "Ragioneria's position has no loading date"},
	{apiRagioneria, "GET", "", "response", `/voci/\*/pendenza: .* is missing`, "a line does not repeat the position that it is part of"},
	{apiRagioneria, "GET", "", "response", `/voci/\*/riscossione: .* is missing`, "a line that has not been paid has no riscossione: it is how one tells"},
}

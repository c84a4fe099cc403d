package govpaytest

import (
	"net/http"
	"slices"
	"strings"
)

// Operations, as fault rules name them.
const (
	opPosition = "byAvviso"
	opOne      = "pendenza"
	opList     = "pendenze"
	opPut      = "crea"
	opPatch    = "modifica"
	opSpontan  = "spontaneo"
	opNotice   = "avviso"
	opDomains  = "domini"
	opTypes    = "tipi"
	opPay      = "pagamenti"
	opPayment  = "pagamento"
	opPayments = "elenco"
	opAttempts = "rpp"
	opReceipts = "ricevute"
	opReceipt  = "ricevuta"
	opPDF      = "pdf"
	opProfile  = "profilo"
	opProbes   = "sonde"
	opOther    = "other"
)

// endpoint is one operation of one or more of the APIs.
type endpoint struct {
	apis      string // their names
	method    string
	path      string // below the version; {} is any one part
	operation string
	serve     func(*Server, *call) answer
	anyAccept bool // chooses by the Accept header itself
	sends     bool // needs a JSON body
}

// endpoints in the order in which they are tried: a literal part before {}.
var endpoints []endpoint

// A table with functions that lead back to it cannot be a plain variable.
func init() {
	const get = http.MethodGet
	everywhere := apiPagamento + apiPendenze + apiRagioneria + apiBackoffice
	endpoints = []endpoint{
		{apis: everywhere, method: get, path: "profilo", operation: opProfile, serve: (*Server).getProfile},
		{apis: everywhere, method: get, path: "pendenze/byAvviso/{}/{}", operation: opPosition, serve: (*Server).getByNotice},
		{apis: apiPagamento + apiPendenze + apiBackoffice, method: get, path: "pendenze", operation: opList, serve: (*Server).getList},
		{apis: apiPagamento + apiPendenze + apiBackoffice, method: get, path: "pendenze/{}/{}", operation: opOne, serve: (*Server).getOne},
		{apis: apiPagamento, method: http.MethodPost, path: "pendenze/{}/{}", operation: opSpontan, serve: (*Server).postSpontaneous, sends: true},
		{apis: apiPendenze, method: http.MethodPut, path: "pendenze/{}/{}", operation: opPut, serve: (*Server).putPosition, sends: true},
		{apis: apiPendenze + apiBackoffice, method: http.MethodPatch, path: "pendenze/{}/{}", operation: opPatch, serve: (*Server).patchPosition, sends: true},
		{apis: apiPagamento + apiPendenze, method: get, path: "avvisi/{}/{}", operation: opNotice, serve: (*Server).getNotice, anyAccept: true},
		{apis: apiPagamento + apiBackoffice, method: get, path: "domini", operation: opDomains, serve: (*Server).getDomains},
		{apis: apiPagamento + apiBackoffice, method: get, path: "domini/{}", operation: opDomains, serve: (*Server).getDomain},
		{apis: apiPagamento, method: get, path: "domini/{}/tipiPendenza", operation: opTypes, serve: (*Server).getTypes},
		{apis: apiPagamento, method: get, path: "domini/{}/tipiPendenza/{}", operation: opTypes, serve: (*Server).getType},
		{apis: apiPagamento, method: http.MethodPost, path: "pagamenti", operation: opPay, serve: (*Server).postPayment, sends: true},
		{apis: apiPagamento, method: get, path: "pagamenti", operation: opPayments, serve: (*Server).getPayments},
		{apis: apiPagamento, method: get, path: "pagamenti/{}", operation: opPayment, serve: (*Server).getPayment},
		{apis: apiPagamento + apiPendenze + apiBackoffice, method: get, path: "rpp", operation: opAttempts, serve: (*Server).getAttempts},
		{apis: apiPagamento + apiPendenze + apiBackoffice, method: get, path: "rpp/{}/{}/{}", operation: opAttempts, serve: (*Server).getAttempt},
		{apis: apiPagamento + apiPendenze + apiBackoffice, method: get, path: "rpp/{}/{}/{}/rt", operation: opAttempts, serve: (*Server).getAttemptReceipt, anyAccept: true},
		{apis: apiBackoffice, method: http.MethodPatch, path: "rpp/{}/{}/{}", operation: opPatch, serve: (*Server).patchAttempt, sends: true},
		{apis: apiRagioneria, method: get, path: "ricevute", operation: opReceipts, serve: (*Server).getReceipts},
		{apis: apiRagioneria, method: get, path: "ricevute/{}/{}/{}", operation: opReceipt, serve: (*Server).getReceipt, anyAccept: true},
		{apis: apiRagioneria, method: get, path: "ricevute/{}/{}/{}", operation: opPDF, serve: (*Server).getReceipt, anyAccept: true},
		{apis: apiBackoffice, method: get, path: "sonde", operation: opProbes, serve: (*Server).getProbes},
		{apis: apiBackoffice, method: get, path: "sonde/{}", operation: opProbes, serve: (*Server).getProbe},
	}
}

// found says how far a request got in the table.
type found int

const (
	noPath found = iota
	noMethod
	whole
)

// find looks a request up. PUT and PATCH may come as POST with an override,
// past proxies that let nothing else through.
func find(a api, r *http.Request, rest []string) (endpoint, []string, found) {
	method := r.Method
	if o := r.Header.Get("X-HTTP-Method-Override"); method == http.MethodPost && a.name == apiPendenze && (o == http.MethodPut || o == http.MethodPatch) {
		method = o
	}
	how := noPath
	if len(rest) < 2 {
		return endpoint{operation: opOther}, nil, how
	}
	for _, e := range endpoints {
		args, ok := match(e.path, rest[1:])
		if !ok || !strings.Contains(e.apis, a.name) {
			continue
		}
		if e.method != method {
			how = noMethod
			continue
		}
		if (e.operation == opReceipt) == strings.Contains(r.Header.Get("Accept"), "application/pdf") && slices.Contains([]string{opReceipt, opPDF}, e.operation) {
			continue // one path, two operations
		}
		return e, args, whole
	}
	return endpoint{operation: opOther}, nil, how
}

func match(path string, parts []string) ([]string, bool) {
	want := strings.Split(path, "/")
	if len(want) != len(parts) {
		return nil, false
	}
	var args []string
	for i, w := range want {
		switch {
		case w == "{}" && parts[i] != "":
			args = append(args, parts[i])
		case w != parts[i]:
			return nil, false
		}
	}
	return args, true
}

package main

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"sportello/cmd/sportello/internal/config"
	"sportello/protocol/govpay"
)

// probed is one interface of the platform as the configuration has it: what a sentence about it may name.
type probed struct {
	api      govpay.API
	base     *url.URL
	proxy    string // host and port; "": none
	platform config.Platform
	creditor string // the one that an empty list was asked for
}

// platform proves every interface that has an address, with its two cheapest calls (govpay.Probe).
func (d *doctor) platform(ctx context.Context, cfg *config.Config) {
	client, err := govpay.New(cfg.Platform.GovPay())
	if err != nil { // the configuration was checked: it cannot
		d.note(examined{Check: "configuration", Of: "platform", State: gradeConfig, Code: "config_error", Found: err.Error(), Remedy: "sportello config check " + d.path})
		return
	}
	defer client.Close()
	var creditors []string
	for _, c := range cfg.Creditors {
		creditors = append(creditors, c.TaxCode)
	}
	bases := map[govpay.API]string{
		govpay.Pagamento: cfg.Platform.Pagamento, govpay.Backoffice: cfg.Platform.Backoffice,
		govpay.Pendenze: cfg.Platform.Pendenze, govpay.Ragioneria: cfg.Platform.Ragioneria,
	}
	locked, proxied := false, false
	for _, api := range []govpay.API{govpay.Pagamento, govpay.Backoffice, govpay.Pendenze, govpay.Ragioneria} {
		base, err := url.Parse(bases[api])
		if !client.Has(api) || err != nil {
			continue
		}
		a := probed{api: api, base: base, proxy: proxyOf(cfg.Platform, base), platform: cfg.Platform, creditor: creditors[0]}
		if !proxied {
			d.proxy(a)
			proxied = true
		}
		if locked { // a platform may lock out who tries a wrong password too often
			d.note(examined{Check: "credentials", Of: string(api), State: gradeDoubt, Code: "not_tried", Found: "non provata: le stesse credenziali sono già state rifiutate",
				Remedy: "correggere le credenziali e ripetere"})
			continue
		}
		for _, f := range client.Probe(ctx, api, creditors) {
			d.note(a.explain(f))
			locked = locked || f.Code == govpay.FindingUnauthorized
		}
		if ctx.Err() != nil {
			return
		}
	}
	for _, t := range cfg.Terminals {
		if t.Settlement == "platform" { // all terminals have one way
			d.note(examined{Check: "registration", State: gradeDoubt, Code: "not_provable", Found: "con settlement: platform nessuna prova dice se la piattaforma registra i pagamenti (POST /pagamenti): lo dice solo un pagamento vero",
				Remedy: "concordare il primo incasso con il gestore della piattaforma, e guardare come va con: sportello queue"})
			break
		}
	}
}

// proxyOf is the host of the proxy that leads to an address.
func proxyOf(p config.Platform, base *url.URL) string {
	var u *url.URL
	var err error
	switch p.Proxy {
	case govpay.ProxyNone:
	case "":
		u, err = http.ProxyFromEnvironment(&http.Request{URL: base})
	default:
		u, err = url.Parse(p.Proxy)
	}
	if err != nil || u == nil {
		return ""
	}
	return u.Host // never the user in it
}

func (d *doctor) proxy(a probed) {
	switch {
	case a.proxy == "":
		d.well("proxy", "", "nessuno")
	case a.platform.Proxy == "":
		d.well("proxy", "", a.proxy+", dall'ambiente di questo utente: il servizio può averne un altro (platform.proxy vale per tutti)")
	default:
		d.well("proxy", "", a.proxy)
	}
}

// explain puts a finding into words.
func (a probed) explain(f govpay.Finding) examined {
	e := examined{
		Check: string(f.Check), Of: string(a.api), State: gradeBroken, Code: string(f.Code), Detail: f.Detail, Issuer: f.Issuer,
		SkewSeconds: int(f.Skew / time.Second), TookMS: f.Took.Milliseconds(), Transaction: f.TransactionID,
	}
	if !f.Expires.IsZero() {
		until := f.Expires.Local()
		e.Expires = &until
	}
	words := a.words(f)
	if f.Code == govpay.FindingOK {
		e.State, e.Found = gradeWell, words.Replace(wellTexts[f.Check])
		return e
	}
	text, known := findingTexts[f.Code]
	if !known { // a test walks the codes
		text = findingTexts[govpay.FindingUnknown]
	}
	if text.doubt {
		e.State = gradeDoubt
	}
	if f.Code == govpay.FindingUnknown && f.Detail == "" && f.Err != nil {
		e.Detail = f.Err.Error() // which holds nothing secret or personal
	}
	if f.Code == govpay.FindingUnauthorized && text.remedy == "" {
		text.remedy = credentialsRemedy(a.platform.Auth)
	}
	e.Found, e.Remedy = words.Replace(text.found), words.Replace(text.remedy)
	return e
}

// words fills the places of a sentence.
func (a probed) words(f govpay.Finding) *strings.Replacer {
	port := a.base.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[a.base.Scheme]
	}
	_, segment, _ := strings.Cut(a.base.Path, "/rs/") // the version is the API's own: the one in the address may be the mistake
	segment, _, _ = strings.Cut(segment, "/")
	expires := ""
	if !f.Expires.IsZero() {
		expires = f.Expires.In(rome()).Format("02/01/2006 15:04")
	}
	return strings.NewReplacer(
		"{host}", a.base.Hostname(), "{port}", port, "{key}", "platform."+string(a.api), "{api}", flags[a.api],
		"{segment}", orElse(segment, "?"), "{version}", orElse(map[govpay.API]string{govpay.Ragioneria: "v3", govpay.Backoffice: "v1"}[a.api], "v2"), "{proxy}", orElse(a.proxy, "(nessuno)"),
		"{issuer}", orElse(f.Issuer, "?"), "{expires}", expires, "{skew}", f.Skew.Abs().Round(time.Second).String(), "{detail}", orElse(f.Detail, "?"),
		"{took}", max(f.Took, time.Millisecond).Round(time.Millisecond).String(), "{application}", a.platform.Application, "{creditor}", a.creditor,
	)
}

// credentialsRemedy names the keys of the way in use.
func credentialsRemedy(auth govpay.Auth) string {
	switch {
	case auth.Certificate != "":
		return "far registrare sulla piattaforma il soggetto del certificato di auth.certificate, o mettere quello registrato"
	case auth.APIID != "":
		return "correggere platform.auth.api_id, o la chiave nel file di api_key_file"
	}
	return "correggere platform.auth.user, o la password nel file di password_file; non riprovare più volte, per non farsi bloccare"
}

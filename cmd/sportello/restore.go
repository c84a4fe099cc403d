package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"sportello/cmd/sportello/internal/config"
	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/local"
)

const restoreUsage = "sportello restore FILE [--set-aside|--check]  ·  sportello restore status  ·  sportello restore add --terminal NOME --notice AVVISO[@ENTE]=EURO --stan N --at \"2026-11-22 10:31\" --operator CODICE"

// runRestore makes a copy the ledger, says what is still missing then, and brings in what the copy lacks.
func runRestore(args []string) int {
	fs := flag.NewFlagSet("restore", flag.ContinueOnError)
	flags := connectionFlags(fs)
	aside := fs.Bool("set-aside", false, "il registro che c'è viene messo da parte con un altro nome")
	check := fs.Bool("check", false, "verifica soltanto la copia")
	b := &broughtIn{}
	fs.StringVar(&b.terminal, "terminal", "", "add: il terminale su cui è stato incassato")
	fs.Var(&b.notices, "notice", "add: AVVISO[@ENTE]=EURO, una volta per avviso")
	fs.StringVar(&b.stan, "stan", "", "add: STAN dello scontrino")
	fs.StringVar(&b.auth, "auth", "", "add: codice di autorizzazione")
	fs.StringVar(&b.at, "at", "", "add: data e ora dello scontrino, per esempio \"2026-11-22 10:31\"")
	fs.StringVar(&b.requestID, "request-id", "", "add: identificativo della richiesta; ripeterla con lo stesso non riporta due volte")
	asJSON := fs.Bool("json", false, "un documento JSON")
	if !parse(fs, args) {
		return exitUsage
	}
	if fs.NArg() != 1 {
		return usageError("restore: serve una copia, status oppure add", restoreUsage)
	}
	switch what := fs.Arg(0); what {
	case "status":
		return restoreStatus(flags, *asJSON)
	case "add":
		return b.run(flags, *asJSON)
	default:
		if *check {
			return checkCopy(what, *asJSON)
		}
		return restoreCopy(what, *flags.config, *aside, *asJSON)
	}
}

// checkCopy verifies a copy, and writes nothing.
func checkCopy(path string, asJSON bool) int {
	rep, err := ledger.CheckFile(path)
	if err != nil {
		return failRestore(err, path, nil, asJSON)
	}
	c, err := ledger.DescribeFile(path)
	if err != nil && len(rep.Problems) == 0 {
		return failRestore(err, path, nil, asJSON)
	}
	if asJSON {
		if code := printJSON(struct {
			ledger.Copy
			Problems []ledger.Problem `json:"problems"`
		}{c, rep.Problems}); code != exitDone || len(rep.Problems) > 0 {
			return exitFailed
		}
		return exitDone
	}
	fmt.Fprintf(os.Stdout, "Copia %s\nSHA-256: %s\n", path, c.SHA256)
	return printReport(os.Stdout, rep)
}

func restoreCopy(source, configPath string, aside, asJSON bool) int {
	cfg, err := config.Load(orElse(orElse(configPath, os.Getenv(configName)), config.DefaultPath()))
	if err != nil {
		return failConfig(err)
	}
	if info, err := os.Stat(source); err == nil {
		if free, err := freeBytes(existing(cfg.DataDir)); err == nil && free < uint64(info.Size())+spaceBroken {
			return failRestore(fmt.Errorf("%w: servono %d MiB, ce ne sono %d", errNoSpace, (uint64(info.Size())+spaceBroken)>>20, free>>20), source, cfg, asJSON)
		}
	}
	r, err := ledger.Restore(source, cfg.DataDir, ledger.RestoreOptions{Installation: cfg.Installation, SetAside: aside, Failpoint: named("ledger.", failpoint)})
	if err != nil {
		return failRestore(err, source, cfg, asJSON)
	}
	if err := ownedLike(cfg.DataDir); err != nil {
		complain("il registro è al suo posto, ma è di questo utente: "+inWords(err), "dare "+cfg.DataDir+" e ciò che contiene all'utente del servizio")
	}
	if asJSON {
		return printJSON(r)
	}
	fmt.Fprintf(os.Stdout, "Registro ripristinato: %d voci, l'ultima del %s.\nSHA-256 della copia: %s\nUltima impronta: %s\n",
		r.Entries, r.Newest.In(ledger.Zone()).Format("02/01/2006 15:04:05"), r.SHA256, r.Head)
	if len(r.Retired) > 0 {
		fmt.Fprintf(os.Stdout, "Codici ritirati: %s; da ora si incassa come %s.\n", strings.Join(r.Retired, ", "), cfg.Installation)
	}
	if r.Aside != "" {
		fmt.Fprintf(os.Stdout, "Il registro di prima è in %s.\n", r.Aside)
	}
	fmt.Fprint(os.Stdout, "\nAdesso: spegnere l'installazione di prima, se c'è ancora; avviare il servizio; accendere i terminali.\n"+
		"Non si incassa finché terminali e piattaforma non sono stati letti: sportello restore status dice che cosa manca.\n")
	return exitDone
}

// existing is the nearest folder that is there already.
func existing(dir string) string {
	for {
		if _, err := os.Stat(dir); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			return dir
		}
		dir = up
	}
}

// nextCode is the first code after others; empty: there is none.
func nextCode(used []string) string {
	const signs = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	last := ""
	for _, u := range used {
		last = max(last, u)
	}
	for _, a := range signs {
		for _, b := range signs {
			if code := string(a) + string(b); code > last {
				return code
			}
		}
	}
	return ""
}

func failRestore(err error, source string, cfg *config.Config, asJSON bool) int {
	said := func(code int, what, hint string) int {
		if asJSON {
			_ = printJSON(local.ErrorBody{Error: local.Error{Code: local.CodeInternal, Message: what, Hint: hint}})
		}
		complain(what, hint)
		return code
	}
	var damaged *ledger.DamagedError
	switch {
	case errors.Is(err, ledger.ErrInUse):
		return said(exitFailed, "il registro è in uso: il servizio è in funzione", "fermarlo con sportello service stop, poi ripetere")
	case errors.Is(err, ledger.ErrExists):
		return said(exitFailed, "in "+cfg.DataDir+" c'è già un registro: non viene sovrascritto", "aggiungere --set-aside per metterlo da parte con un altro nome")
	case errors.Is(err, ledger.ErrRetired):
		hint := "scrivere nella configurazione un codice nuovo, che venga dopo in ordine alfabetico e non sia di un altro sportello"
		var old []string
		if of := strings.Split(err.Error(), `after "`); len(of) == 2 {
			old = append(old, strings.TrimSuffix(of[1], `"`))
		}
		if next := nextCode(old); len(old) > 0 && next != "" {
			hint += ", per esempio installation: " + next
		}
		return said(exitUsage, "il codice "+cfg.Installation+" ha già scritto in questa copia, o viene prima di uno che vi ha scritto: con un ripristino i codici di prima sono ritirati", hint)
	case errors.As(err, &damaged):
		return said(exitFailed, "la copia non è un registro integro: "+damaged.What, "usarne un'altra; non è stato cambiato nulla")
	case errors.Is(err, errNoSpace), errors.Is(err, ledger.ErrDiskFull), errors.Is(err, syscall.ENOSPC):
		return said(exitFailed, "sul disco dei dati non c'è abbastanza spazio per la copia", "liberare spazio; non è stato cambiato nulla")
	case errors.Is(err, ledger.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		return said(exitFailed, "la copia "+source+" non c'è", "controllare il percorso")
	case errors.Is(err, fs.ErrPermission):
		return said(exitFailed, "questo utente non può farlo", "lanciare il comando come root o amministratore, o con l'utente del servizio")
	}
	return said(exitFailed, err.Error(), "non è stato cambiato nulla")
}

// restoreStatus says what a ledger from a copy waits for.
func restoreStatus(flags connection, asJSON bool) int {
	c, err := flags.open(context.Background())
	if err != nil {
		return failJSON(asJSON, err)
	}
	defer c.Close()
	var s local.RestoreStatus
	if err := c.get(context.Background(), api+"restore", &s); err != nil {
		return failJSON(asJSON, err)
	}
	if asJSON {
		return printJSON(s)
	}
	printRestore(os.Stdout, s)
	return exitDone
}

func printRestore(w io.Writer, s local.RestoreStatus) {
	if s.Open {
		fmt.Fprintln(w, "Si può incassare: non manca nulla.")
		return
	}
	fmt.Fprintln(w, s.Reason.Text)
	if s.Reason.Hint != "" {
		fmt.Fprintln(w, "  ► "+s.Reason.Hint)
	}
	if s.Since == nil {
		if s.Case != "" {
			fmt.Fprintln(w, "Caso: "+s.Case)
		}
		return
	}
	fmt.Fprintf(w, "\nLa copia arriva fino al %s; codici ritirati: %s; caso %s.\n", s.Since.In(ledger.Zone()).Format("02/01/2006 15:04:05"), orElse(strings.Join(s.Retired, ", "), "nessuno"), s.Case)
	for _, t := range s.Terminals {
		switch {
		case !t.Read:
			fmt.Fprintf(w, "✗ %s: non ancora letto\n", t.Name)
		case t.Case != "":
			fmt.Fprintf(w, "✗ %s: ha lavorato dopo la copia (%s); riportare gli incassi, poi due persone chiudono il caso %s\n", t.Name, t.Found, t.Case)
		case t.Same:
			fmt.Fprintf(w, "✓ %s: come nella copia (%s)\n", t.Name, t.Found)
		default:
			fmt.Fprintf(w, "✓ %s: riportato nel registro (%s)\n", t.Name, t.Found)
		}
	}
	if s.Platform == nil {
		fmt.Fprintln(w, "✗ piattaforma: ricevute non ancora lette")
		return
	}
	fmt.Fprintf(w, "✓ piattaforma: %d ricevute dalla copia in poi\n", s.Platform.Receipts)
	if len(s.Platform.Unknown) == 0 {
		return
	}
	fmt.Fprintln(w, "  Dei nostri prestatori e non in questo registro (anche di altri sportelli e canali):")
	for _, r := range s.Platform.Unknown {
		fmt.Fprintf(w, "    %s  %s  ente %s  avviso %s  canale %s\n", r.PaidAt.In(ledger.Zone()).Format("02/01/2006 15:04"),
			local.Money(r.AmountCents, local.Italian), r.Creditor, orElse(r.Number, "IUV "+r.IUV), orElse(r.Channel, "?"))
	}
}

// broughtIn is a charge that was made after the copy.
type broughtIn struct {
	terminal, stan, auth, at, requestID string
	notices                             noticeList
}

// noticeList are AVVISO[@ENTE]=EURO.
type noticeList []string

func (n *noticeList) String() string     { return strings.Join(*n, " ") }
func (n *noticeList) Set(s string) error { *n = append(*n, s); return nil }

func (b *broughtIn) run(flags connection, asJSON bool) int {
	request := local.RestoreRequest{RequestID: orElse(b.requestID, "scontrino-"+b.terminal+"-"+b.stan+"-"+b.auth), Terminal: b.terminal, STAN: b.stan, AuthCode: b.auth}
	if *flags.operator == "" {
		return nameless("restore add")
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", b.at, ledger.Zone())
	if err != nil || b.terminal == "" || b.stan == "" || len(b.notices) == 0 {
		return usageError("restore add: mancano terminale, avviso, STAN o data e ora", restoreUsage)
	}
	request.At = at
	ctx := context.Background()
	c, err := flags.open(ctx)
	if err != nil {
		return failJSON(asJSON, err)
	}
	defer c.Close()
	for _, text := range b.notices {
		n, ok := c.restoredNotice(ctx, text)
		if !ok {
			return usageError(fmt.Sprintf("restore add: %q non è AVVISO[@ENTE]=EURO", text), "per esempio --notice 302000100000000107=12,50")
		}
		request.Notices = append(request.Notices, n)
	}
	var p local.Payment
	if err := c.post(ctx, api+"restore/payments", request, &p); err != nil {
		return failDesk(asJSON, err, "sportello restore status")
	}
	if asJSON {
		return printJSON(p)
	}
	fmt.Fprintf(os.Stdout, "Riportato nel registro: pagamento %s, %s, STAN %s. Gli avvisi sono bloccati; la ricevuta si aspetta come per ogni altro.\n",
		p.ID, local.Money(p.AmountCents, local.Italian), b.stan)
	return exitDone
}

func (c *client) restoredNotice(ctx context.Context, text string) (n local.RestoredNotice, ok bool) {
	what, euro, found := strings.Cut(text, "=")
	cents, err := parseEuro(euro)
	if !found || err != nil {
		return n, false
	}
	n.Number, n.Creditor, _ = strings.Cut(what, "@")
	n.AmountCents = cents
	if n.Creditor == "" {
		var now local.Snapshot
		if err := c.get(ctx, api+"state", &now); err != nil || len(now.Creditors) == 0 {
			return n, false
		}
		n.Creditor = now.Creditors[0].TaxCode
	}
	return n, true
}

// parseEuro reads an amount as `positions create --amount` does.
func parseEuro(v string) (int64, error) {
	var o newDebt
	err := o.amount(v)
	return o.request.AmountCents, err
}

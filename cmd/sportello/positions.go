package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"sportello/protocol/local"
)

// runServices lists the debts that can be created here, with the fields that each asks for.
func runServices(args []string) int {
	return list("services", args, api+"services", func(all []local.Service) {
		for _, s := range all {
			amount := "importo da indicare"
			if s.AmountCents > 0 {
				amount = euro(s.AmountCents)
			}
			fmt.Fprintf(os.Stdout, "%s: %s, ente %s, %s\n", s.ID, s.Name, s.Creditor, amount)
			for _, f := range fieldsOf(s.Form) {
				need := ""
				if f.required {
					need = ", obbligatorio"
				}
				fmt.Fprintf(os.Stdout, "    --field %s=…  %s%s\n", f.name, orElse(f.title, f.kind), need)
			}
		}
	})
}

// runPositions finds a debtor's open positions, or creates one.
func runPositions(args []string) int {
	fs := flag.NewFlagSet("positions", flag.ContinueOnError)
	flags := connectionFlags(fs)
	var o newDebt
	fs.StringVar(&o.request.Creditor, "creditor", "", "codice fiscale dell'ente; senza, il primo configurato (create: quello del servizio)")
	fs.StringVar(&o.request.Debtor.TaxCode, "debtor", "", "create: codice fiscale o partita IVA di chi deve; - lo legge da standard input")
	fs.StringVar(&o.request.Debtor.Name, "name", "", "create: nome o denominazione di chi deve; - lo legge da standard input, dopo il codice")
	fs.BoolVar(&o.request.Debtor.Company, "company", false, "create: chi deve è una società o un ente")
	fs.StringVar(&o.request.Debtor.Email, "email", "", "create: posta elettronica di chi deve")
	fs.Func("field", "create: un dato del modulo, NOME=VALORE; si ripete", o.field)
	fs.Func("amount", "create: importo in euro con i centesimi, come 45,00", o.amount)
	fs.StringVar(&o.request.Reason, "reason", "", "create: causale, senza dati personali; senza, quella del servizio")
	fs.StringVar(&o.request.RequestID, "request-id", "", "create: identificativo della richiesta: ripeterla con lo stesso non crea due debiti; senza, è lo stesso per lo stesso comando dello stesso giorno")
	fs.BoolVar(&o.json, "json", false, "un documento JSON")
	if !parse(fs, args) {
		return exitUsage
	}
	const search, create = "sportello positions search RSSMRA80A01H501U", "sportello positions create SERVIZIO --debtor - --name \"Maria Rossi\""
	what := fs.Arg(0)
	foreign := ""
	fs.Visit(func(f *flag.Flag) {
		if what == "search" && strings.HasPrefix(f.Usage, "create:") {
			foreign = f.Name
		}
	})
	switch {
	case what != "search" && what != "create":
		return usageError("positions: search oppure create", search+"  ·  "+create)
	case fs.NArg() != 2 && what == "search":
		return usageError("positions search: serve il codice fiscale di chi deve, o - per leggerlo da standard input", search)
	case fs.NArg() != 2:
		return usageError("positions create: serve un servizio (sportello services li elenca)", create)
	case foreign != "":
		return usageError("positions search: --"+foreign+" va con create", search)
	case what == "create" && (o.request.Debtor.TaxCode == "" || o.request.Debtor.Name == ""):
		return usageError("positions create: servono --debtor e --name", create)
	}
	ctx := context.Background() // the client's own limit ends the call
	c, err := flags.open(ctx)   // reads the PIN, before anything else of standard input
	if err != nil {
		return failJSON(o.json, err)
	}
	defer c.Close()
	if what == "search" {
		return c.searchPositions(ctx, o.request.Creditor, fs.Arg(1), o.json)
	}
	o.request.Service = fs.Arg(1)
	return o.run(ctx, c)
}

func (c *client) searchPositions(ctx context.Context, creditor, debtor string, asJSON bool) int {
	debtor, err := secretLine(debtor, os.Stdin)
	if err != nil {
		return fail(err)
	}
	var found local.SearchResult
	answered := announce("cerco sulla piattaforma")
	err = c.post(ctx, api+"positions/search", local.SearchRequest{Creditor: creditor, Debtor: strings.ToUpper(debtor)}, &found)
	answered()
	if err != nil {
		return failJSON(asJSON, noCharge(err))
	}
	if asJSON {
		return printJSON(found)
	}
	if len(found.Positions) == 0 {
		fmt.Fprintln(os.Stdout, "Nessun debito aperto.")
	} else {
		printFound(found.Positions)
	}
	if found.More {
		fmt.Fprintln(os.Stderr, "attenzione: ce ne sono altri, che qui non si vedono")
	}
	if found.Skipped > 0 {
		fmt.Fprintf(os.Stderr, "attenzione: la piattaforma ha dato %d righe che non si capiscono, o che sono di altri\n", found.Skipped)
	}
	return exitDone
}

func printFound(all []local.FoundPosition) {
	w := table("AVVISO", "ENTE", "IMPORTO", "SCADENZA", "CAUSALE", "SI PAGA QUI")
	for _, p := range all {
		here := "sì"
		if !p.Payable {
			here = "no"
			if p.Reason != nil {
				here += ": " + orElse(p.Reason.Text, p.Reason.Code)
			}
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", orElse(p.Number, "-"), p.Creditor, euro(p.AmountCents), orElse(p.DueDate, "-"), p.Description, here)
	}
	w.Flush()
	fmt.Fprintln(os.Stderr, "► per incassarne uno: sportello pay AVVISO@ENTE --terminal NOME")
}

// newDebt is one run of positions create.
type newDebt struct {
	request local.CreateRequest
	fields  []string // NAME=VALUE as typed
	json    bool
}

func (o *newDebt) field(v string) error {
	if name, _, ok := strings.Cut(v, "="); !ok || name == "" {
		return errors.New("si scrive NOME=VALORE")
	}
	o.fields = append(o.fields, v)
	return nil
}

// amountShape is euros with both decimals, grouped or not: a bare number might as well be cents.
var amountShape = regexp.MustCompile(`^([0-9]+|[0-9]{1,3}(\.[0-9]{3})+)[.,][0-9]{2}$`)

func (o *newDebt) amount(v string) error {
	n, err := strconv.ParseInt(strings.NewReplacer(".", "", ",", "").Replace(v), 10, 64)
	if !amountShape.MatchString(v) || err != nil || n == 0 {
		return errors.New("si scrive con due decimali, come 45,00 o 1.250,00")
	}
	o.request.AmountCents = n
	return nil
}

func (o *newDebt) run(ctx context.Context, c *client) int {
	var err error
	for _, value := range []*string{&o.request.Debtor.TaxCode, &o.request.Debtor.Name} {
		if *value, err = secretLine(*value, os.Stdin); err != nil {
			return fail(err)
		}
	}
	o.request.Debtor.TaxCode = strings.ToUpper(o.request.Debtor.TaxCode)
	fmt.Fprintln(os.Stderr, o.name(time.Now())) // before the call: whatever becomes of it, this repeats it
	if len(o.fields) > 0 {
		var all []local.Service
		if err := c.get(ctx, api+"services", &all); err != nil {
			return failJSON(o.json, err)
		}
		o.fill(all)
	}
	var n local.Notice
	answered := announce("la piattaforma crea il debito")
	err = c.post(ctx, api+"positions", o.request, &n)
	answered()
	if err != nil {
		return o.failed(noCharge(err))
	}
	if o.json {
		return printJSON(n)
	}
	printNotice(os.Stdout, n)
	return exitDone
}

// name gives the request its id and says which it is. Without --request-id the id is the command's own, of this
// day: repeated blindly it finds the debt that it has created, and creates no second one.
func (o *newDebt) name(now time.Time) string {
	if o.request.RequestID != "" {
		return "richiesta " + o.request.RequestID
	}
	said, err := json.Marshal(struct {
		Day     string
		Request local.CreateRequest
		Fields  []string
	}{now.Format(time.DateOnly), o.request, o.fields})
	if err != nil { // strings and numbers always can be written
		o.request.RequestID = newRequestID()
		return "richiesta " + o.request.RequestID
	}
	sum := sha256.Sum256(said)
	o.request.RequestID = "cli-" + hex.EncodeToString(sum[:10])
	return "richiesta " + o.request.RequestID + ": lo stesso comando, ripetuto oggi, ritrova lo stesso debito (per un secondo debito uguale: --request-id con un altro nome)"
}

// failed explains a refusal. The platform may have made the debt although no good answer of it came back.
func (o *newDebt) failed(err error) int {
	var no *refusal
	if !errors.Is(err, errLost) && !(errors.As(err, &no) && no.Status >= http.StatusInternalServerError) {
		return o.explain(err)
	}
	o.explain(err)
	fmt.Fprintln(os.Stderr, "  ► non si sa se il debito è stato creato: ripetere lo stesso comando con --request-id "+o.request.RequestID)
	return exitUnknown
}

func (o *newDebt) explain(err error) int {
	if o.json {
		printFailure(documentOf(err), o.request.RequestID)
	}
	return failClient(err)
}

// fill turns the fields as typed into what the service's form asks for: text, a number, yes or no. What the form
// does not know stays text: the service says what is wrong with it.
func (o *newDebt) fill(all []local.Service) {
	kinds := map[string]string{}
	for _, s := range all {
		if s.ID == o.request.Service {
			for _, f := range fieldsOf(s.Form) {
				kinds[f.name] = f.kind
			}
		}
	}
	o.request.Fields = map[string]any{}
	for _, field := range o.fields {
		name, text, _ := strings.Cut(field, "=")
		var value any = text
		switch kinds[name] {
		case "number", "integer":
			if n, err := strconv.ParseFloat(strings.Replace(text, ",", ".", 1), 64); err == nil {
				value = n
			}
		case "boolean":
			switch strings.ToLower(text) {
			case "sì", "si", "true":
				value = true
			case "no", "false":
				value = false
			}
		}
		o.request.Fields[name] = value
	}
}

// formField is one field of a service's form.
type formField struct {
	name, title, kind string
	required          bool
}

// fieldsOf reads the fields of a JSON schema, in its order. What is no schema has none.
func fieldsOf(form json.RawMessage) []formField {
	var schema struct {
		Properties json.RawMessage `json:"properties"`
		Required   []string        `json:"required"`
	}
	if json.Unmarshal(form, &schema) != nil || len(schema.Properties) == 0 {
		return nil
	}
	var fields []formField
	d := json.NewDecoder(strings.NewReader(string(schema.Properties)))
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return nil
	}
	for d.More() {
		name, err := d.Token()
		var property struct {
			Title string `json:"title"`
			Type  string `json:"type"`
		}
		if err != nil || d.Decode(&property) != nil {
			return fields
		}
		f := formField{name: fmt.Sprint(name), title: property.Title, kind: property.Type}
		for _, required := range schema.Required {
			f.required = f.required || required == f.name
		}
		fields = append(fields, f)
	}
	return fields
}

// printNotice writes a notice and how it is charged.
func printNotice(w io.Writer, n local.Notice) {
	fmt.Fprintf(w, "Avviso %s ente %s: %s, %s\n", n.Number, orElse(n.CreditorName, n.Creditor), n.Description, euro(n.AmountCents))
	for _, warning := range n.Warnings {
		fmt.Fprintln(os.Stderr, "attenzione: "+warning.Text)
	}
	if !n.Payable {
		if n.Reason != nil {
			fmt.Fprintf(w, "  %s\n  ► %s\n", n.Reason.Text, n.Reason.Hint)
		}
		return
	}
	place := n.Number + "@" + n.Creditor
	fmt.Fprintf(w, "  ► incassarlo: sportello pay %s --terminal NOME\n  ► stamparlo: sportello notice-pdf %s --out FILE\n", place, place)
}

package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"sportello/protocol/local"
)

// runCases lists what people must mend, or ends one of them.
func runCases(args []string) int {
	fs := flag.NewFlagSet("cases", flag.ContinueOnError)
	flags := connectionFlags(fs)
	all := fs.Bool("all", false, "anche quelli chiusi")
	refunded := fs.Bool("refunded", false, "end: l'importo è stato restituito al cittadino")
	closed := fs.Bool("closed", false, "end: sistemato dall'ufficio in altro modo")
	resubmit := fs.Bool("resubmit", false, "end: gli avvisi rifiutati dalla piattaforma si inviano di nuovo, dopo aver guardato che non risultino pagati")
	proof := fs.String("proof", "", "end: la prova (numero del mandato, protocollo, …); mai numeri di carta")
	turnDown := fs.Bool("turn-down", false, "sign: respinge invece di confermare")
	seq := fs.Uint64("seq", 0, "end, sign: numero del caso come lo si è visto; se nel frattempo è cambiato la decisione è rifiutata")
	asJSON := fs.Bool("json", false, "un documento JSON")
	if !parse(fs, args) {
		return exitUsage
	}
	what, id := fs.Arg(0), fs.Arg(1)
	switch {
	case fs.NArg() == 0:
		path := api + "cases"
		if *all {
			path += "?all=true"
		}
		return show(flags, path, *asJSON, func(list []local.Case) { printCases(os.Stdout, list) })
	case what != "show" && what != "end" && what != "sign":
		return usageError(fmt.Sprintf("cases: %q è di troppo", what), "sportello cases  ·  cases show ID  ·  cases end ID  ·  cases sign ID")
	case fs.NArg() != 2:
		return usageError("cases "+what+": serve l'identificativo di un caso", "sportello cases "+what+" ID")
	case what == "end" && !exactlyOne(*refunded, *closed, *resubmit):
		return usageError("cases end: com'è finito?", "--refunded oppure --closed; o --resubmit, per inviare di nuovo ciò che la piattaforma ha rifiutato")
	case what == "end" && *proof == "":
		return usageError("cases end: manca --proof", "--proof \"mandato 123/2026\": senza prova un caso non si chiude")
	case what != "show" && *flags.operator == "":
		return nameless("cases " + what)
	case what != "show" && *seq == 0:
		return unseenCase(*flags.config, what, id)
	}
	ctx := context.Background() // the client's own limit ends the call
	c, err := flags.open(ctx)
	if err != nil {
		return failJSON(*asJSON, err)
	}
	defer c.Close()
	path := api + "cases/" + url.PathEscape(id) + "/ending"
	var now local.Case // not one: what the answer leaves out would stay as it was
	switch what {
	case "show":
		now, err = c.findCase(ctx, id)
	case "end":
		ending := local.EndingClosed
		switch {
		case *refunded:
			ending = local.EndingRefunded
		case *resubmit:
			ending = local.EndingResubmit
		}
		err = c.post(ctx, path, local.EndingRequest{RequestID: newRequestID(), Seq: *seq, Ending: ending, Proof: *proof}, &now)
	case "sign":
		err = c.post(ctx, path+"/countersign", local.CountersignRequest{RequestID: newRequestID(), EvidenceSeq: *seq, Accept: !*turnDown}, &now)
	}
	if err != nil {
		return failDesk(*asJSON, err, "sportello cases show "+id)
	}
	if *asJSON {
		return printJSON(now)
	}
	printCase(os.Stdout, now)
	return exitDone
}

// unseenCase refuses a decision that does not say on what it rests (design 5.5), and shows how the case stands, with its
// number. Nobody signs in for that.
func unseenCase(configPath, what, id string) int {
	usageError("cases "+what+": manca --seq, il numero del caso come lo si è visto", "sportello cases show "+id+" lo mostra, con il suo numero")
	c, err := connect(configPath)
	if err != nil {
		return exitUsage
	}
	defer c.Close()
	if one, err := c.findCase(context.Background(), id); err == nil {
		printCase(os.Stderr, one)
	}
	return exitUsage
}

// exactlyOne says that one of some flags was given, and no other.
func exactlyOne(flags ...bool) bool {
	n := 0
	for _, f := range flags {
		if f {
			n++
		}
	}
	return n == 1
}

// findCase looks a case up among all.
func (c *client) findCase(ctx context.Context, id string) (local.Case, error) {
	var all []local.Case
	if err := c.get(ctx, api+"cases?all=true", &all); err != nil {
		return local.Case{}, err
	}
	for _, one := range all {
		if one.ID == id {
			return one, nil
		}
	}
	return local.Case{}, &refusal{Status: http.StatusNotFound, Body: local.Error{
		Code: local.CodeNotFound, Message: fmt.Sprintf("il caso %q non c'è", id), Hint: "l'elenco: sportello cases --all"}}
}

func printCases(w io.Writer, list []local.Case) {
	if len(list) == 0 {
		fmt.Fprintln(w, "Nessun caso.")
		return
	}
	t := table("CASO", "PAGAMENTO", "APERTO", "ENTRO", "STATO", "CAUSA")
	for _, c := range list {
		due := "-"
		if c.Due != nil {
			due = clock(*c.Due)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", c.ID, orElse(c.PaymentID, "-"), clock(c.Opened), due, caseState(c), orElse(c.Cause.Text, c.Cause.Code))
	}
	t.Flush()
	fmt.Fprintln(os.Stderr, "► un caso per intero: sportello cases show ID")
}

// owner is who should mend a case: a role, or a person's id.
func owner(who string) string {
	switch local.Role(who) {
	case local.RoleSupervisor:
		return "un responsabile"
	case local.RoleClerk:
		return "un operatore"
	}
	return who
}

func caseState(c local.Case) string {
	switch {
	case c.Ended != nil:
		return "finito"
	case c.Proposal != nil:
		return "attende la firma"
	}
	return "aperto"
}

// printCase writes a case for the person who must mend it.
func printCase(w io.Writer, c local.Case) {
	fmt.Fprintf(w, "Caso %s: %s\n", c.ID, orElse(c.Cause.Text, c.Cause.Code))
	for _, line := range [][2]string{
		{"pagamento", c.PaymentID}, {"terminale", c.Terminal}, {"affidato a", owner(c.Owner)}, {"che cosa si sa", c.Evidence},
	} {
		if line[1] != "" {
			fmt.Fprintf(w, "  %s: %s\n", line[0], strings.ReplaceAll(line[1], "\n", "\n    "))
		}
	}
	fmt.Fprintf(w, "  aperto: %s\n", clock(c.Opened))
	if c.Due != nil {
		fmt.Fprintf(w, "  entro: %s\n", clock(*c.Due))
	}
	switch {
	case c.Ended != nil:
		fmt.Fprintf(w, "  finito: %s, %s\n", clock(*c.Ended), endingText(c.Ending))
		if c.Proof != "" {
			fmt.Fprintf(w, "  prova: %s\n", c.Proof)
		}
		if len(c.EndedBy) > 0 {
			fmt.Fprintf(w, "  da: %s\n", strings.Join(c.EndedBy, ", "))
		}
	case c.Proposal != nil:
		sign := fmt.Sprintf("    sportello cases sign %s --seq %d --operator CODICE\n    sportello cases sign %s --turn-down --seq %d --operator CODICE", c.ID, c.Seq, c.ID, c.Seq)
		printProposal(w, c.Proposal, sign)
	default:
		if c.Cause.Hint != "" {
			fmt.Fprintf(w, "  ► %s\n", c.Cause.Hint)
		}
		who := "basta un responsabile"
		if c.NeedsTwo {
			who = "servono due persone: una risponde, un responsabile firma"
		}
		fmt.Fprintf(w, "  per chiuderlo (%s):\n    sportello cases end %s --refunded|--closed --proof \"…\" --seq %d --operator CODICE\n", who, c.ID, c.Seq)
		if c.CanResubmit {
			fmt.Fprintf(w, "  o, corretto ciò che la piattaforma rifiutava, per inviare di nuovo (basta un responsabile):\n    sportello cases end %s --resubmit --proof \"…\" --seq %d --operator CODICE\n", c.ID, c.Seq)
		}
	}
}

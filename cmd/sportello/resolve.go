package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"

	"sportello/protocol/local"
)

// verdict is one run of the command resolve: an answer, a signature, or only a look.
type verdict struct {
	answer         local.Answer // "": none
	sign, turnDown bool
	seq            uint64 // of the evidence that the person has seen
	stan, auth     string
	note           string
	json           bool
}

// runResolve shows what is known of a payment whose outcome is not, and records what people say of it.
func runResolve(args []string) int {
	fs := flag.NewFlagSet("resolve", flag.ContinueOnError)
	flags := connectionFlags(fs)
	given := map[local.Answer]*bool{
		local.AnswerCharged:     fs.Bool("charged", false, "il terminale dice: eseguita"),
		local.AnswerNotCharged:  fs.Bool("not-charged", false, "il terminale dice: negata o annullata"),
		local.AnswerUnknown:     fs.Bool("parked", false, "non si riesce a sapere: resta sospeso, l'avviso resta bloccato"),
		local.AnswerReversed:    fs.Bool("reversed", false, "di uno storno: l'importo è tornato sulla carta"),
		local.AnswerNotReversed: fs.Bool("not-reversed", false, "di uno storno: l'addebito è rimasto"),
	}
	var v verdict
	fs.BoolVar(&v.sign, "sign", false, "conferma la risposta di un'altra persona")
	fs.BoolVar(&v.turnDown, "turn-down", false, "respinge la risposta di un'altra persona")
	fs.StringVar(&v.stan, "stan", "", "con --charged: STAN dello scontrino")
	fs.StringVar(&v.auth, "auth", "", "con --charged: codice di autorizzazione dello scontrino")
	fs.StringVar(&v.note, "note", "", "che cosa si è visto, e dove; mai numeri di carta")
	fs.Uint64Var(&v.seq, "seq", 0, "numero delle prove che si sono viste, serve a ogni risposta: se nel frattempo se ne sa di più è rifiutata")
	fs.BoolVar(&v.json, "json", false, "il pagamento come documento JSON")
	if !parse(fs, args) {
		return exitUsage
	}
	chosen := 0
	for answer, is := range given {
		if *is {
			v.answer = answer
			chosen++
		}
	}
	for _, is := range []bool{v.sign, v.turnDown} {
		if is {
			chosen++
		}
	}
	switch {
	case fs.NArg() != 1:
		return usageError("resolve: serve l'identificativo di un pagamento", "sportello resolve A1-00000012")
	case chosen > 1:
		return usageError("resolve: una sola risposta alla volta", "--charged, --not-charged, --parked, --reversed, --not-reversed, --sign oppure --turn-down")
	case (v.stan != "" || v.auth != "") && v.answer != local.AnswerCharged:
		return usageError("resolve: --stan e --auth vanno con --charged", "sportello resolve "+fs.Arg(0)+" --charged --stan 000123 --auth A1B2C3")
	case v.note != "" && v.answer == "":
		return usageError("resolve: --note va con una risposta", "sportello resolve "+fs.Arg(0)+" --parked --note \"…\"")
	case chosen > 0 && *flags.operator == "":
		return nameless("resolve")
	case chosen > 0 && v.seq == 0:
		return unseen(*flags.config, fs.Arg(0))
	}
	ctx := context.Background() // the client's own limit ends the call
	c, err := flags.open(ctx)
	if err != nil {
		return failJSON(v.json, err)
	}
	defer c.Close()
	return v.run(ctx, c, fs.Arg(0))
}

// unseen refuses an answer that does not say on which evidence it rests (design 5.5), and shows what there is,
// with its number. Nobody signs in for that.
func unseen(configPath, id string) int {
	usageError("resolve: manca --seq, il numero delle prove che si sono viste", "sportello resolve "+id+" le mostra, con il loro numero")
	c, err := connect(configPath)
	if err != nil {
		return exitUsage
	}
	defer c.Close()
	var p local.Payment
	if c.get(context.Background(), api+"payments/"+url.PathEscape(id), &p) == nil {
		printPayment(os.Stderr, p)
		printDesk(os.Stderr, p)
	}
	return exitUsage
}

func (v *verdict) run(ctx context.Context, c *client, id string) int {
	path := api + "payments/" + url.PathEscape(id)
	if v.answer == "" && !v.sign && !v.turnDown { // only a look
		var p local.Payment
		if err := c.get(ctx, path, &p); err != nil {
			return failJSON(v.json, err)
		}
		if v.json {
			return printJSON(p)
		}
		printPayment(os.Stdout, p)
		printDesk(os.Stdout, p)
		return exitDone
	}
	var body any = local.CountersignRequest{RequestID: newRequestID(), EvidenceSeq: v.seq, Accept: v.sign}
	path += "/resolution"
	if v.answer == "" {
		path += "/countersign"
	} else {
		body = local.ResolutionRequest{RequestID: newRequestID(), EvidenceSeq: v.seq, Answer: v.answer, STAN: v.stan, AuthCode: v.auth, Note: v.note}
	}
	var now local.Payment // not p: what the answer leaves out would stay as it was
	if err := c.post(ctx, path, body, &now); err != nil {
		return failDesk(v.json, err, "sportello resolve "+id)
	}
	if v.json {
		return printJSON(now)
	}
	printPayment(os.Stdout, now)
	if now.Proposal != nil {
		printProposal(os.Stdout, now.Proposal, signing("resolve "+id, now.EvidenceSeq))
	}
	return exitDone
}

// failDesk explains a refused or lost decision; again shows how things stand now.
func failDesk(asJSON bool, err error, again string) int {
	code := failJSON(asJSON, err)
	var no *refusal
	if errors.Is(err, errLost) || errors.As(err, &no) && no.Body.Code == local.CodeStateChanged {
		fmt.Fprintln(os.Stderr, "  ► come stanno le cose ora: "+again)
	}
	return code
}

// undecided tells whether people may still say something about a payment.
func undecided(p local.Payment) bool {
	return p.State == local.StateUnknown || p.State == local.StateReversing
}

// printDesk writes the evidence and the one question (ECR17 6.8), or the signature that is missing.
func printDesk(w io.Writer, p local.Payment) {
	printEvidence(w, p)
	switch {
	case !undecided(p):
		fmt.Fprintln(w, "L'esito è noto: non c'è nulla da decidere.")
	case p.Proposal != nil:
		printProposal(w, p.Proposal, signing("resolve "+p.ID, p.EvidenceSeq))
	default:
		printQuestion(w, p)
	}
}

func printEvidence(w io.Writer, p local.Payment) {
	if len(p.Evidence) > 0 {
		fmt.Fprintf(w, "Che cosa si sa (prove n. %d):\n", p.EvidenceSeq)
	}
	for _, e := range p.Evidence {
		fmt.Fprintf(w, "  %s  %s\n", second(e.At), orElse(e.Text, e.Kind))
		if e.Charge != nil {
			fmt.Fprintf(w, "      %s\n", lastText(*e.Charge))
		}
		if e.Detail != "" {
			fmt.Fprintf(w, "      [%s]\n", e.Detail)
		}
	}
	switch p.Preset {
	case local.StateCharged:
		fmt.Fprintln(w, "Il più probabile: incassato.")
	case local.StateNotCharged:
		fmt.Fprintln(w, "Il più probabile: non incassato.")
	case local.StateReversed:
		fmt.Fprintln(w, "Il più probabile: stornato.")
	case local.State(local.AnswerNotReversed):
		fmt.Fprintln(w, "Il più probabile: non stornato.")
	default: // nothing speaks for either
	}
}

// printQuestion asks what only people can see, with the commands that answer.
func printQuestion(w io.Writer, p local.Payment) {
	if !p.NeedsPeople {
		fmt.Fprintln(w, "\nIl programma sta ancora chiedendo al terminale: conviene attendere. Da subito può rispondere solo un responsabile.")
	}
	what, when := "il pagamento", p.CreatedAt
	if p.State == local.StateReversing {
		what = "lo storno"
		if p.Reversal != nil {
			when = p.Reversal.SentAt
		}
	}
	fmt.Fprintf(w, "\nDomanda: per %s di %s delle %s, che cosa mostra o stampa il terminale %s come sua ultima operazione?\n",
		what, euro(p.AmountCents), second(when), p.Terminal)
	tail := fmt.Sprintf(" --seq %d --operator CODICE", p.EvidenceSeq)
	lines := [][2]string{
		{"eseguita", "--charged --stan NNNNNN --auth CODICE"}, {"negata o annullata", "--not-charged"}, {"non so", "--parked --note \"…\""},
	}
	if p.State == local.StateReversing {
		lines[0][1], lines[1][1] = "--reversed", "--not-reversed"
	}
	for _, l := range lines {
		fmt.Fprintf(w, "  %-19s sportello resolve %s %s%s\n", l[0], p.ID, l[1], tail)
	}
	fmt.Fprintln(w, "«Non so» lascia l'avviso bloccato e il pagamento in elenco.")
	if p.State == local.StateUnknown && p.Preset == local.StateCharged {
		fmt.Fprintln(w, "«Eseguita» è ciò che dicono anche le prove: basta una persona. «Negata o annullata» la deve confermare un responsabile.")
	} else {
		fmt.Fprintln(w, "«Eseguita» e «negata o annullata» le deve confermare un responsabile, che non sia chi ha risposto.")
	}
}

// printProposal writes what a person has said and how another one signs it.
func printProposal(w io.Writer, p *local.Proposal, sign string) {
	text := map[local.Answer]string{
		local.AnswerCharged: "incassato", local.AnswerNotCharged: "non incassato", local.AnswerUnknown: "non si sa",
		local.AnswerReversed: "stornato", local.AnswerNotReversed: "non stornato",
	}[p.Answer]
	if p.Ending != "" {
		text = endingText(p.Ending)
	}
	for _, part := range [][2]string{{", STAN ", p.STAN}, {", autorizzazione ", p.AuthCode}, {": ", p.Note}} {
		if part[1] != "" {
			text += part[0] + part[1]
		}
	}
	fmt.Fprintf(w, "%s ha risposto il %s: %s\n  ► manca la firma di un responsabile, che non sia %s:\n%s\n", p.By, clock(p.At), text, p.By, sign)
}

// signing is how a proposal is signed or turned down.
func signing(command string, seq uint64) string {
	return fmt.Sprintf("    sportello %s --sign --seq %d --operator CODICE\n    sportello %s --turn-down --seq %d --operator CODICE", command, seq, command, seq)
}

func endingText(ending string) string {
	switch ending {
	case local.EndingRefunded:
		return "rimborsato"
	case local.EndingClosed:
		return "chiuso dall'ufficio"
	case local.EndingResubmit:
		return "inviato di nuovo alla piattaforma"
	case "receipt", "receipts":
		return "è arrivata la ricevuta"
	case "channel":
		return "canale confermato da un responsabile"
	case "accepted":
		return "la piattaforma ha accettato un invio"
	}
	return strings.ToLower(ending)
}

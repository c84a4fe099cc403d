package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"sportello/cmd/sportello/internal/config"
	"sportello/cmd/sportello/internal/ledger"
	"sportello/ui"
)

// bundleLimit bounds the making of a bundle: a platform that hangs must not keep the assistance waiting.
const bundleLimit = 90 * time.Second

// runBundle writes what the assistance needs to know, as one text that can be read before it is sent. It asks the running
// service, or gathers it by itself where none answers.
func runBundle(args []string) int {
	fs := flag.NewFlagSet("bundle", flag.ContinueOnError)
	flags := connectionFlags(fs)
	out := fs.String("out", "", "file da scrivere; - è standard output (predefinito: sportello-assistenza-DATA.txt)")
	if !parse(fs, args) {
		return exitUsage
	}
	if fs.NArg() > 0 {
		return usageError(fmt.Sprintf("bundle: argomento %q di troppo", fs.Arg(0)), "sportello bundle [--out FILE]")
	}
	ctx, cancel := context.WithTimeout(context.Background(), bundleLimit)
	defer cancel()
	path := orElse(orElse(*flags.config, os.Getenv(configName)), config.DefaultPath())
	text, err := bundleFromService(ctx, flags)
	if err != nil {
		text = makeBundle(ctx, &gathering{path: path, why: err})
	}
	sum := sha256.Sum256(text)
	digest := hex.EncodeToString(sum[:])
	if *out == "-" {
		_, _ = os.Stdout.Write(text)
		fmt.Fprintln(os.Stderr, "SHA-256: "+digest)
		return exitDone
	}
	file := orElse(*out, "sportello-assistenza-"+time.Now().Format("20060102-150405")+".txt")
	if err := writeText(file, text); err != nil {
		return failBundle(err, file)
	}
	fmt.Fprintf(os.Stdout, "Scritto: %s\nSHA-256: %s\n", file, digest)
	fmt.Fprintln(os.Stdout, "È un testo: leggerlo prima di inviarlo. Non contiene segreti né dati di cittadini, per quanto il programma li riconosce.")
	return exitDone
}

func writeText(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}

func failBundle(err error, path string) int {
	switch {
	case errors.Is(err, fs.ErrExist):
		complain("il file "+path+" c'è già: non viene sovrascritto", "scegliere un altro nome con --out")
	case errors.Is(err, fs.ErrPermission):
		complain("qui questo utente non può scrivere: "+path, "scegliere un'altra cartella con --out, o --out - per vederlo")
	default:
		complain("il file "+path+" non si può scrivere: "+inWords(err), "scegliere un altro posto con --out, o --out - per vederlo")
	}
	return exitFailed
}

// bundleFromService asks the service, which sees more.
func bundleFromService(ctx context.Context, flags connection) ([]byte, error) {
	c, err := flags.maintain(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+api+"bundle", http.NoBody)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	resp, err := c.http.Do(r)
	if err != nil {
		return nil, c.broken(errLost, err, true)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, c.broken(errLost, err, true)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, refused(resp.StatusCode, b)
	}
	sum := sha256.Sum256(b)
	if resp.Header.Get(ui.SHA256Header) != hex.EncodeToString(sum[:]) {
		return nil, fmt.Errorf("%w: il testo non è arrivato intero", errLost)
	}
	return b, nil
}

// Bundle is the service's own.
func (u *upkeep) Bundle(ctx context.Context) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, bundleLimit)
	defer cancel()
	return makeBundle(ctx, &gathering{path: u.cfg.Path, summary: u.ledger.Summary, figures: u.Metrics}), nil
}

// gathering is where a bundle comes from.
type gathering struct {
	path    string
	why     error // why the service was not asked; nil: it is the service
	summary func() (ledger.Summary, error)
	figures func(context.Context) ([]byte, error)

	cfg     *config.Config
	place   config.Place
	redact  *redactor
	out     bytes.Buffer
	section int
}

// makeBundle gathers everything that can be had, and says of the rest why not. It never fails.
func makeBundle(ctx context.Context, g *gathering) []byte {
	g.cfg, _ = config.Check(g.path)
	g.place, _ = config.Locate(g.path)
	g.redact = redactorOf(g.path, g.cfg, g.place)
	g.versions()
	g.doctor(ctx)
	g.ledger()
	g.configuration()
	if g.figures != nil {
		g.title("CIFRE DEL SERVIZIO")
		text, err := g.figures(ctx)
		g.raw(string(text), err)
	}
	g.logs(ctx)
	fmt.Fprintf(&g.out, "\n== FINE ==\n")
	return g.out.Bytes()
}

func (g *gathering) title(name string) {
	g.section++
	fmt.Fprintf(&g.out, "\n== %d. %s ==\n", g.section, name)
}

// raw writes a text as it may leave, or why there is none.
func (g *gathering) raw(text string, err error) {
	if err != nil {
		text = "non disponibile: " + err.Error()
	}
	text = strings.TrimRight(g.redact.text(strings.ReplaceAll(text, "\r\n", "\n")), "\n")
	fmt.Fprintf(&g.out, "%s\n", orElse(text, "(vuoto)"))
}

func (g *gathering) versions() {
	fmt.Fprintf(&g.out, "SPORTELLO POS: INFORMAZIONI PER L'ASSISTENZA\n")
	fmt.Fprintf(&g.out, "Fatto il %s. Segreti, numeri di carta, codici fiscali, numeri di avviso e indirizzi di posta sono stati tolti.\n", time.Now().In(ledger.Zone()).Format("02/01/2006 15:04:05"))
	fmt.Fprintf(&g.out, "È un testo: leggerlo prima di inviarlo.\n")
	g.title("VERSIONI")
	fmt.Fprintf(&g.out, "%s\n", versionLine())
	host, _ := os.Hostname()
	g.raw(fmt.Sprintf("PC: %s, processori %d, ora locale %s, ora UTC %s", host, runtime.NumCPU(), time.Now().Format(time.RFC3339), time.Now().UTC().Format(time.RFC3339)), nil)
	if g.why == nil {
		fmt.Fprintln(&g.out, "raccolto dal servizio in funzione")
	} else {
		g.raw("raccolto senza il servizio: "+g.why.Error(), nil)
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			fmt.Fprintf(&g.out, "  %s %s\n", m.Path, m.Version)
		}
	}
}

// doctor is the same as the command, without verifying a large ledger: that takes minutes.
func (g *gathering) doctor(ctx context.Context) {
	g.title("DIAGNOSI (sportello doctor)")
	var said strings.Builder
	d := &doctor{path: g.path, quick: true, print: func(e examined) { printExamined(&said, e) }}
	d.examine(ctx)
	d.conclude(&said)
	for line := range strings.Lines(said.String()) { // ours: what follows a word like password is no password
		fmt.Fprint(&g.out, g.redact.ours(line))
	}
}

func (g *gathering) ledger() {
	g.title("REGISTRO E TERMINALI")
	read := g.summary
	if read == nil {
		read = func() (ledger.Summary, error) {
			return ledger.Peek(filepath.Join(g.place.DataDir, ledger.FileName))
		}
	}
	s, err := read()
	if err != nil {
		g.raw("", err)
		return
	}
	fmt.Fprintf(&g.out, "voci %d, byte %d, ultima voce %s\nultima impronta %s\nda registrare %d\n", s.Entries, s.Bytes, s.Newest.Format(time.RFC3339), s.Head, s.Outbox)
	if s.Gate.Closed() {
		g.raw(fmt.Sprintf("non si incassa: ripristino %q, trasferimento %q, codici ritirati %v, lacune %d", s.Gate.Restored.ID, s.Gate.Moved.ID, s.Gate.Retired, len(s.Gate.Gaps)), nil)
	}
	var causes []string
	for cause := range s.Cases {
		causes = append(causes, cause)
	}
	slices.Sort(causes)
	for _, cause := range causes {
		fmt.Fprintf(&g.out, "casi aperti %s: %d\n", cause, s.Cases[cause])
	}
	for _, t := range s.Terminals {
		g.raw(fmt.Sprintf("terminale %s: id %s, ultimo STAN %s, provato %t, fermo %q, non esclusivo %t, canali %v", t.Name, t.TerminalID, t.LastSTAN, t.Proven, t.Stopped, t.Demoted, t.Channels), nil)
		p := t.Passport
		if p == nil {
			fmt.Fprintln(&g.out, "  passaporto: nessuno")
			continue
		}
		g.raw(fmt.Sprintf("  passaporto del %s: software %s, LRC %s, ACK %s, risponde a %s, rifiuta %s, orologio %s, un solo client %s, stampa il riferimento %s, ristampa %s, totali prima %t",
			p.At.Format(time.RFC3339), p.Software, p.Scope, p.AckForm, p.Supports, p.Refuses, p.ClockOffset, p.OneClient, p.Prints, p.Reprints, p.TotalsBefore), nil)
	}
}

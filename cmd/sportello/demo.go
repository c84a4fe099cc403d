package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"sportello/cmd/sportello/internal/config"
	"sportello/driver/simulator"
	"sportello/protocol/govpay/govpaytest"
)

// The demonstration's operators. Their PINs are printed: it holds no real money.
var demoOperators = []struct{ id, name, role, pin string }{
	{"rossi", "Maria Rossi", "clerk", "1234"},
	{"bianchi", "Paolo Bianchi", "supervisor", "5678"},
}

const (
	demoTerminal = "12345678"
	demoUser     = "sportello"
	demoPassword = "dimostrazione"
)

// demoConfig is an ordinary configuration: the service under demonstration is the one that is installed. Its places are
// filled by a strings.Replacer: with package text/template the linker keeps every exported method, an eighth of the binary.
const demoConfig = `# Configurazione della dimostrazione: terminale, banca e piattaforma sono simulati.
installation: D1
listen: '@Listen@'
data_dir: '@Dir@'
operators_file: '@Operators@'
creditors:@Creditors@
terminals:
  - name: cassa1
    label: Cassa 1
    driver: nexi
    address: tcp://@Terminal@
    terminal_id: "@TerminalID@"
    cash_register_id: "00000001"
    exclusivity: exclusive
    settlement: @Settlement@
    psp: {id: "@PSP.ID@", intermediary: "@PSP.TaxCode@", channel: "@PSP.Channel@", payment_type: CP}
    @Notices@
log: {level: warn}
platform:
  driver: govpay
  pagamento: @API.pagamento@
  pendenze: @API.pendenze@
  ragioneria: @API.ragioneria@
  backoffice: @API.backoffice@
  application: A2A-SPORTELLO
  auth: {user: @User@, password_file: '@Password@'}
services:
  - CIE
  - SEGRETERIA
  - {type: LIBERO, name: Versamento libero, reason: Versamento allo sportello, entry_code: LIBERO, taxonomy: Servizi erogati dal comune, due_days: 30}
offline: {allow: true, max_amount_cents: 20000, max_total_cents: 50000, max_payments: 5, max_hours: 2, verified_within: 24h}
`

// runDemo runs the service with simulated ends, in one process, all on loopback: a terminal on a TCP
// port with a bank behind it, and a platform on an HTTP port that gives a receipt when that bank has charged.
func runDemo(args []string) int {
	fs := flag.NewFlagSet("demo", flag.ContinueOnError)
	listen := fs.String("listen", "127.0.0.1:8417", "indirizzo della pagina")
	dir := fs.String("data", "", "cartella dei dati; senza, una temporanea che alla fine sparisce")
	fast := fs.Bool("fast", false, "terminale senza le attese di una persona")
	settlement := fs.String("settlement", "terminal", "chi comunica l'incasso: terminal (il prestatore del terminale), platform (noi, alla piattaforma)")
	manual := fs.Bool("manual-keys", false, "carta e PIN aspettano i tasti del terminale simulato, nella pagina")
	if !parseAlone(fs, args) {
		return exitUsage
	}
	if *settlement != "terminal" && *settlement != "platform" {
		return usageError(fmt.Sprintf("demo: --settlement %q non esiste", *settlement), "sportello demo --settlement platform")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if *dir == "" {
		tmp, err := os.MkdirTemp("", "sportello-demo-")
		if err != nil {
			return fail(err)
		}
		defer os.RemoveAll(tmp)
		*dir = tmp
	}
	var free net.Listener
	if _, port, err := net.SplitHostPort(*listen); err != nil || port == "0" {
		if free, err = net.Listen("tcp", *listen); err != nil { // the configuration needs the number, and nobody else may take it
			return usageError("demo: "+notSimulated(err), "sportello demo --listen 127.0.0.1:8417")
		}
		defer free.Close()
		*listen = free.Addr().String()
	}
	d, err := startDemo(ctx, *dir, *settlement, *fast, *manual)
	if err != nil {
		complain("demo: "+notSimulated(err), "con --data si sceglie la cartella, con --listen l'indirizzo")
		return exitFailed
	}
	defer d.close()
	path, err := d.writeConfig(*listen)
	if err != nil {
		return fail(err)
	}
	cfg, err := config.Load(path)
	if err != nil {
		return failConfig(err)
	}
	return serve(ctx, cfg, serviceOptions{demo: true, panel: simulator.Panel(d.terminal), port: free}, func() { d.banner("http://"+cfg.Listen, path) })
}

// demo is the pair of simulated ends.
type demo struct {
	dir        string
	settlement string // terminal, platform
	faults     string // file of the platform's faults, for whoever wants to see some
	bank       *simulator.Bank
	terminal   *simulator.Terminal
	address    string // of the terminal
	served     chan error
	platform   *govpaytest.Server
	stop       context.CancelFunc
}

func startDemo(ctx context.Context, dir, settlement string, fast, manual bool) (*demo, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	bank := filepath.Join(dir, "banca.jsonl")
	// What is typed on it replaces its last result, so that the next payment sees that somebody was there.
	o := simulator.Options{TerminalID: demoTerminal, ManualKeys: manual, ManualSaved: true}
	if !fast {
		o.Timing = simulator.Human
	}
	if o.Bank, err = simulator.OpenBank(bank); err != nil {
		return nil, err
	}
	d := &demo{dir: dir, settlement: settlement, faults: filepath.Join(dir, "guasti.jsonl"), bank: o.Bank, served: make(chan error, 1)}
	if d.terminal, err = simulator.New(o); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	d.address = l.Addr().String()
	ctx, d.stop = context.WithCancel(ctx)
	go func() { d.served <- d.terminal.Serve(ctx, l) }()
	if err := d.startPlatform(bank); err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

// startPlatform starts a platform whose creditors have the demonstration's way.
func (d *demo) startPlatform(bank string) error {
	faults, err := os.OpenFile(d.faults, os.O_CREATE|os.O_RDONLY, 0o600) // what is in it stays
	if err != nil {
		return err
	}
	if err := faults.Close(); err != nil {
		return err
	}
	seed := govpaytest.Demo(time.Now())
	if d.settlement == govpaytest.SettlementPlatform {
		for i := range seed.Creditors {
			seed.Creditors[i].Settlement = govpaytest.SettlementPlatform
		}
	}
	d.platform, err = govpaytest.New(govpaytest.Options{User: demoUser, Password: demoPassword, Seed: seed, BankFile: bank, FaultsFile: d.faults, ReceiptDelay: 3 * time.Second})
	if err != nil {
		return err
	}
	return d.platform.Start("127.0.0.1:0")
}

func (d *demo) close() {
	d.stop()
	<-d.served
	d.bank.Close()
	if d.platform != nil {
		d.platform.Close()
	}
}

func (d *demo) writeConfig(listen string) (string, error) {
	var operators strings.Builder
	operators.WriteString("operators:\n")
	for _, o := range demoOperators {
		hash, err := config.HashPIN(o.pin)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&operators, "  - {id: %s, name: %q, role: %s, hash: %q}\n", o.id, o.name, o.role, hash)
	}
	operatorsPath, passwordPath := filepath.Join(d.dir, "operatori.yaml"), filepath.Join(d.dir, "govpay.password")
	if err := os.WriteFile(operatorsPath, []byte(operators.String()), 0o600); err != nil {
		return "", err
	}
	if err := os.WriteFile(passwordPath, []byte(demoPassword+"\n"), 0o600); err != nil {
		return "", err
	}
	creditors := ""
	for _, c := range d.platform.Seed().Creditors {
		creditors += fmt.Sprintf("\n  - {tax_code: %q, name: %q}", c.TaxCode, c.Name)
	}
	notices := "notice_data: null\n    max_notices: 5"
	if d.settlement == "terminal" {
		notices = `notice_data: {tag: 5, template: "{notice}{creditor}", index_map: "5000"}`
	}
	api, psp := govpaytest.Bases("http://"+d.platform.Addr(), "basic"), govpaytest.DefaultProvider
	text := strings.NewReplacer(
		"@Listen@", listen, "@Dir@", quoted(d.dir), "@Operators@", quoted(operatorsPath), "@Password@", quoted(passwordPath), "@User@", demoUser,
		"@Creditors@", creditors, "@Terminal@", d.address, "@TerminalID@", demoTerminal, "@Settlement@", d.settlement, "@Notices@", notices,
		"@PSP.ID@", psp.ID, "@PSP.TaxCode@", psp.TaxCode, "@PSP.Channel@", psp.Channel,
		"@API.pagamento@", api["pagamento"], "@API.pendenze@", api["pendenze"], "@API.ragioneria@", api["ragioneria"], "@API.backoffice@", api["backoffice"],
	).Replace(demoConfig)
	path := filepath.Join(d.dir, "config.yaml")
	return path, os.WriteFile(path, []byte(text), 0o600)
}

// quoted is a text between YAML's single quotes.
func quoted(s string) string { return strings.ReplaceAll(s, "'", "''") }

// banner tells a newcomer everything needed for the first payment.
func (d *demo) banner(url, configPath string) {
	w := os.Stdout
	fmt.Fprintf(w, "\nSportello POS — DIMOSTRAZIONE: nessun denaro vero.\n\n  Pagina:         %s\n", url)
	for _, o := range demoOperators {
		fmt.Fprintf(w, "  Accesso:        %s, PIN %s (%s)\n", o.id, o.pin, o.name)
	}
	fmt.Fprintf(w, "  Configurazione: %s\n  Terminale:      tcp://%s\n  Piattaforma:    http://%s\n", configPath, d.address, d.platform.Addr())
	fmt.Fprintf(w, "  Suoi guasti:    %s, per esempio la riga {\"on\":\"*\",\"do\":\"down\"}\n\n  Avvisi di esempio (testo del QR):\n", d.faults)
	for i, qr := range d.platform.Seed().QR() {
		fmt.Fprintf(w, "    %-52s %s\n", qr, d.platform.Seed().Debts[i].Reason)
	}
	fmt.Fprintf(w, "\n  Da un altro terminale:\n    sportello pay '%s' --terminal cassa1 --config %s\n\n  Che cosa funziona e che cosa no:\n    sportello doctor --config %s\n\n  Ctrl-C per finire.\n\n", d.platform.Seed().QR()[0], configPath, configPath)
}

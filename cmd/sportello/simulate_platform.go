package main

import (
	"context"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"sportello/protocol/govpay/govpaytest"
)

// platformFlags are what a trial can choose of the simulated platform.
type platformFlags struct {
	listen, tlsListen, cert, key, ca string
	seed, log                        string
	ungranted, types                 string
	o                                govpaytest.Options
}

func (p *platformFlags) define(fs *flag.FlagSet) {
	fs.StringVar(&p.listen, "listen", "", "HOST:PORT per HTTP")
	fs.StringVar(&p.tlsListen, "tls-listen", "", "HOST:PORT per HTTPS, anche insieme a --listen")
	fs.StringVar(&p.cert, "tls-cert", "", "certificato (PEM); senza, uno fatto all'avvio")
	fs.StringVar(&p.key, "tls-key", "", "chiave del certificato (PEM)")
	fs.StringVar(&p.ca, "tls-ca", "", "file che riceve l'autorità del certificato fatto all'avvio, per ca_file")
	fs.StringVar(&p.seed, "seed", "", "file JSON dei debiti; senza, quelli dimostrativi")
	fs.StringVar(&p.o.BankFile, "bank", "", "file della banca del terminale simulato: gli incassi diventano ricevute")
	fs.StringVar(&p.o.FaultsFile, "faults", "", "file dei guasti, una riga JSON ciascuno")
	fs.StringVar(&p.log, "log", "", "file delle richieste ricevute, una riga JSON ciascuna")
	fs.StringVar(&p.o.User, "user", "sportello", "utente richiesto")
	fs.StringVar(&p.o.Password, "password", "sportello", "password richiesta")
	fs.StringVar(&p.o.APIID, "api-id", "", "identificativo per il segmento apikey")
	fs.StringVar(&p.o.APIKey, "api-key", "", "chiave per il segmento apikey; senza, il segmento è chiuso")
	fs.StringVar(&p.o.ClientSubject, "client-subject", "", "soggetto del certificato client per il segmento ssl; senza, il segmento è chiuso")
	fs.StringVar(&p.o.Application, "application", "", "idA2A di chi chiama")
	fs.StringVar(&p.ungranted, "ungranted", "", "API non abilitate, separate da virgole")
	fs.StringVar(&p.types, "granted-types", "", "soli tipi pendenza abilitati, separati da virgole; senza, tutti")
	fs.StringVar(&p.o.Checkout, "checkout", "", "on: POST /pagamenti risponde id 0; redirect: risponde 302")
	fs.DurationVar(&p.o.CartLife, "cart-life", 0, "dopo quanto un carrello senza ricevuta non blocca più; 0: mai")
	fs.DurationVar(&p.o.ReceiptDelay, "receipt-delay", 2*time.Second, "tempo fra incasso e ricevuta")
}

func simulatePlatform(ctx context.Context, args []string) int {
	flags := flag.NewFlagSet("simulate platform", flag.ContinueOnError)
	var p platformFlags
	p.define(flags)
	if !parseAlone(flags, args) {
		return exitUsage
	}
	const example = "sportello simulate platform --listen 127.0.0.1:9080  ·  sportello simulate platform --tls-listen 127.0.0.1:9443 --tls-ca ca.pem"
	switch {
	case p.listen == "" && p.tlsListen == "":
		return usageError("simulate platform: manca --listen o --tls-listen", example)
	case (p.cert == "") != (p.key == ""):
		return usageError("simulate platform: --tls-cert e --tls-key vanno insieme", example)
	case p.tlsListen == "" && (p.cert != "" || p.ca != ""):
		return usageError("simulate platform: --tls-cert, --tls-key e --tls-ca vogliono --tls-listen", example)
	case p.cert != "" && p.ca != "":
		return usageError("simulate platform: --tls-ca vale senza --tls-cert", example)
	}
	if err := p.serve(ctx); err != nil {
		return failSimulated("platform", err)
	}
	return exitDone
}

// serve runs the platform until ctx ends.
func (p *platformFlags) serve(ctx context.Context) error {
	p.o.Report = func(err error) { fmt.Fprintln(os.Stderr, err) }
	p.o.Ungranted, p.o.GrantedTypes = words(p.ungranted), words(p.types)
	if p.seed != "" {
		f, err := os.Open(p.seed)
		if err != nil {
			return err
		}
		p.o.Seed, err = govpaytest.ReadSeed(f)
		if cerr := f.Close(); err == nil {
			err = cerr
		}
		if err != nil {
			return &fs.PathError{Op: "seed", Path: p.seed, Err: err}
		}
	}
	if p.log != "" {
		f, err := os.OpenFile(p.log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		defer f.Close()
		p.o.Log = f
	}
	server, err := govpaytest.New(p.o)
	if err != nil {
		return err
	}
	defer server.Close()
	if p.listen != "" {
		if err := server.Start(p.listen); err != nil {
			return err
		}
		p.announce("http://"+server.Addr(), "basic")
	}
	if p.tlsListen != "" {
		id, err := p.identity()
		if err != nil {
			return err
		}
		if err := server.StartTLS(p.tlsListen, id); err != nil {
			return err
		}
		p.announce("https://"+server.AddrTLS(), "basic")
	}
	for _, qr := range server.Seed().QR() {
		fmt.Fprintln(os.Stdout, qr)
	}
	<-ctx.Done()
	return nil
}

func (p *platformFlags) announce(root, segment string) {
	all := govpaytest.Bases(root, segment)
	fmt.Fprintf(os.Stderr, "piattaforma simulata:\n  pagamento:  %s\n  pendenze:   %s\n  ragioneria: %s\n  backoffice: %s\n",
		all["pagamento"], all["pendenze"], all["ragioneria"], all["backoffice"])
}

// identity is the certificate from files, or a new one whose authority goes to
// --tls-ca, or to the screen.
func (p *platformFlags) identity() (*govpaytest.Identity, error) {
	if p.cert != "" {
		return govpaytest.LoadIdentity(p.cert, p.key)
	}
	id, err := govpaytest.NewIdentity()
	if err != nil {
		return nil, err
	}
	if p.ca == "" {
		fmt.Fprintf(os.Stderr, "autorità del certificato, per ca_file:\n%s", id.CA())
		return id, nil
	}
	if err := os.WriteFile(p.ca, id.CA(), 0o644); err != nil {
		return nil, err
	}
	fmt.Fprintf(os.Stderr, "autorità del certificato, per ca_file: %s\n", p.ca)
	return id, nil
}

func words(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}

package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"sportello/cmd/sportello/internal/config"
	"sportello/cmd/sportello/internal/ledger"
	"sportello/cmd/sportello/internal/paper"
	"sportello/cmd/sportello/internal/report"
	"sportello/cmd/sportello/internal/till"
	"sportello/protocol/local"
	"sportello/ui"
)

// printPatience is how long a request to print waits for the printer: then the paper waits alone.
const printPatience = 4 * time.Second

// papers is everything that leaves this counter on paper or as a file. It reads the ledger, and has no way to
// change anything in it.
type papers struct {
	ledger   *ledger.Ledger
	office   paper.Office
	names    report.Names
	language local.Language
	log      zerolog.Logger
	printer  *paper.Printer // nil: there is none
	strip    paper.Strip

	automatic string             // config.AutomaticSlip and so on
	events    till.Events        // everything goes on to them
	charged   chan local.Payment // whose paper may be due by itself
	stop      context.CancelFunc
	wg        sync.WaitGroup
}

var (
	_ ui.Papers   = (*papers)(nil)
	_ till.Events = (*papers)(nil)
)

// maxCharged bounds the payments of which the printing goroutine has not heard yet.
const maxCharged = 64

// openPapers begins to work for the printer, where there is one, and tells events how it is.
func openPapers(cfg *config.Config, l *ledger.Ledger, events till.Events, log zerolog.Logger) (*papers, error) {
	p := &papers{ledger: l, language: local.Language(cfg.Language), log: log, events: events, charged: make(chan local.Payment, maxCharged),
		strip: paper.Strip{Columns: cfg.Printer.Columns, Cut: cfg.Printer.Cut}, automatic: cfg.Printer.Automatic}
	ctx, stop := context.WithCancel(context.Background())
	p.stop = stop
	creditors, terminals := map[string]string{}, map[string]string{}
	for _, c := range cfg.Creditors {
		creditors[c.TaxCode] = c.Name
	}
	for _, t := range cfg.Terminals {
		terminals[t.Name] = t.Label
	}
	p.office = paper.Office{Language: cfg.Language, Creditors: creditors, Terminals: terminals}
	p.names = report.Names{Installation: cfg.Installation, Language: cfg.Language, Creditors: creditors, Terminals: terminals}
	if cfg.Printer.Name == "" {
		return p, nil
	}
	var err error
	p.printer, err = paper.OpenPrinter(paper.PrinterOptions{Name: cfg.Printer.Name, Copies: cfg.Printer.Copies, Log: log,
		Changed: func(s paper.Status) {
			v := p.status(s)
			events.Publish(local.Event{Type: local.EventPrinter, Printer: &v})
		}})
	if err != nil {
		stop()
		return nil, err
	}
	if p.automatic != config.AutomaticNone && p.automatic != "" {
		p.wg.Go(func() { p.follow(ctx) })
	}
	return p, nil
}

// Close gives up what waits for the printer.
func (p *papers) Close() {
	p.stop()
	p.wg.Wait()
	if p.printer != nil {
		p.printer.Close()
	}
}

// Attestation implements ui.Papers.
func (p *papers) Attestation(_ context.Context, id string) ([]byte, error) {
	a, err := paper.Attest(p.ledger, id, p.office)
	if err != nil {
		return nil, paperError(id, err)
	}
	return a.PDF()
}

// Print implements ui.Papers.
func (p *papers) Print(_ context.Context, id, what string) (local.Printed, error) {
	if p.printer == nil {
		return local.Printed{}, &local.Error{Code: local.CodePrinterMissing, PaymentID: id}
	}
	job, err := p.send(id, what, true)
	if err != nil {
		return local.Printed{}, paperError(id, err)
	}
	v := local.Printed{PaymentID: id, What: what}
	select {
	case <-job.Done():
		if err := job.Err(); err != nil {
			return local.Printed{}, paperError(id, err)
		}
		v.Done = true
	case <-time.After(printPatience):
	}
	v.Printer = p.status(p.printer.Status())
	return v, nil
}

// send queues a paper.
func (p *papers) send(id, what string, again bool) (*paper.Job, error) {
	var data []byte
	var err error
	if what == local.PrintSlip {
		data, err = p.slip(id, again)
	} else {
		var a paper.Attestation
		a, err = paper.Attest(p.ledger, id, p.office)
		data = a.ESCPOS(p.strip)
	}
	if err != nil {
		return nil, err
	}
	return p.printer.Print(id, data)
}

// slip is the terminal's, with what is to be said of a debt that was charged without the platform's word.
func (p *papers) slip(id string, again bool) ([]byte, error) {
	payment, err := p.ledger.Payment(id)
	if err != nil {
		return nil, err
	}
	text, err := p.ledger.Ticket(id)
	if err != nil {
		return nil, err
	}
	s := paper.Slip{Language: string(p.language), Text: text, Complete: payment.TicketWhole, Copy: again}
	if payment.Offline != "" && payment.State == ledger.Charged {
		for _, n := range payment.Notices {
			if n.Registration.Awaited() {
				s.Note = local.Explain(local.CodeOfflineCharged, p.language, nil).Text
			}
		}
	}
	return s.ESCPOS(p.strip), nil
}

// DayReport implements ui.Papers.
func (p *papers) DayReport(_ context.Context, day string) (local.DayReport, error) {
	now := time.Now()
	if day == "" {
		day = ledger.Day(now)
	}
	r, err := report.Day(p.ledger, day, p.names, now)
	if err != nil {
		return local.DayReport{}, paperError("", err)
	}
	return r, nil
}

// DayFile implements ui.Papers.
func (p *papers) DayFile(ctx context.Context, day, format string) ([]byte, error) {
	r, err := p.DayReport(ctx, day)
	if err != nil {
		return nil, err
	}
	if format == "csv" {
		return report.CSV(r.Lines, string(p.language))
	}
	return report.PDF(r, string(p.language))
}

// PaymentsFile implements ui.Papers.
func (p *papers) PaymentsFile(payments []local.Payment) ([]byte, error) {
	return report.CSV(report.Listed(p.names, payments), string(p.language))
}

// Printer implements ui.Papers.
func (p *papers) Printer() *local.Printer {
	if p.printer == nil {
		return nil
	}
	v := p.status(p.printer.Status())
	return &v
}

func (p *papers) status(s paper.Status) local.Printer {
	v := local.Printer{Light: local.Light(s.Light), Waiting: s.Waiting}
	if s.Err != nil {
		r := local.Explain(printerCode(s.Err), p.language, nil)
		v.Reason = &r
	}
	return v
}

// Publish implements till.Events: what happens goes on, and a charge may have its paper printed by itself. Nobody
// waits for that; what cannot be remembered is not printed.
func (p *papers) Publish(e local.Event) {
	p.events.Publish(e)
	if e.Payment == nil || e.Payment.State != local.StateCharged || p.printer == nil || p.automatic == config.AutomaticNone {
		return
	}
	select {
	case p.charged <- *e.Payment:
	default:
	}
}

// follow prints the paper of each charge when it is first there.
func (p *papers) follow(ctx context.Context) {
	printed := map[string]bool{} // since the start
	for {
		select {
		case <-ctx.Done():
			return
		case v := <-p.charged:
			if printed[v.ID] || time.Since(v.CreatedAt) > automaticAge || p.automatic == config.AutomaticSlip && !v.HasReceipt {
				continue
			}
			printed[v.ID] = true
			if _, err := p.send(v.ID, p.automatic, false); err != nil {
				p.log.Warn().Err(err).Str("payment", v.ID).Msg("paper not printed")
			}
		}
	}
}

// automaticAge is how long after it was begun a charge prints its paper by itself: the citizen is gone when one
// becomes known much later.
const automaticAge = 10 * time.Minute

// printerCodes are what a printer's troubles are called outside.
var printerCodes = map[string]local.Code{
	"unreachable": local.CodePrinterUnreachable, "name": local.CodePrinterUnreachable, "forbidden": local.CodePrinterForbidden,
	"paper": local.CodePrinterPaper, "cover": local.CodePrinterCover, "slow": local.CodePrinterInterrupted, "cut": local.CodePrinterInterrupted,
	"queue_full": local.CodePrinterQueueFull, "closed": local.CodeStopping,
}

func printerCode(err error) local.Code {
	if code, ok := printerCodes[paper.Trouble(err)]; ok {
		return code
	}
	return local.CodePrinterFault
}

// paperError names what stands in the way of a paper.
func paperError(id string, err error) error {
	switch {
	case errors.Is(err, paper.ErrNothingToAttest):
		return &local.Error{Code: local.CodeNothingToAttest, PaymentID: id, Err: err}
	case errors.Is(err, ledger.ErrNotFound), errors.Is(err, ledger.ErrErased):
		return &local.Error{Code: local.CodeNotFound, PaymentID: id, Err: err}
	case errors.Is(err, ledger.ErrInvalid):
		return &local.Error{Code: local.CodeBadRequest, Err: err}
	}
	if paper.IsPrinter(err) {
		return &local.Error{Code: printerCode(err), PaymentID: id, Err: err}
	}
	return err
}

package main

import (
	"fmt"

	"github.com/rs/zerolog"

	"sportello/cmd/sportello/internal/config"
	"sportello/cmd/sportello/internal/ledger"
	"sportello/cmd/sportello/internal/settle"
	"sportello/cmd/sportello/internal/till"
	"sportello/driver"
	"sportello/driver/ecr17"
)

// drivers is every terminal driver of this program, by the name in terminals[].driver. Each writes its
// messages to the log at level debug, masked.
var drivers = map[string]func(driver.Config, zerolog.Logger) (driver.Terminal, error){
	"nexi":   openECR17,
	"numera": openECR17,
}

func openECR17(cfg driver.Config, log zerolog.Logger) (driver.Terminal, error) {
	if log.GetLevel() > zerolog.DebugLevel {
		return ecr17.Open(cfg)
	}
	return ecr17.OpenWith(cfg, ecr17.WithTrace(log))
}

func openTerminals(cfg *config.Config, log zerolog.Logger) ([]till.Terminal, map[string]settle.Provider, error) {
	var terminals []till.Terminal
	providers := map[string]settle.Provider{}
	for _, t := range cfg.Terminals {
		open := drivers[t.Profile]
		if open == nil {
			return nil, nil, fmt.Errorf("no driver %q for terminal %q", t.Profile, t.Name)
		}
		d, err := open(t.Driver(), log.With().Str("terminal", t.Name).Logger())
		if err != nil {
			return nil, nil, fmt.Errorf("terminal %q: %w", t.Name, err)
		}
		terminals = append(terminals, till.Terminal{Name: t.Name, Label: t.Label, Driver: d,
			Exclusivity: t.Exclusivity, Settlement: t.Settlement, Provider: t.PSP.ID, MaxNotices: t.MaxNotices, Reversal: t.Reversal, Quiet: t.Timing.Quiet, GiveUp: t.Timing.GiveUp})
		provider := settle.Provider{ID: t.PSP.ID, Intermediary: t.PSP.Intermediary, Channel: t.PSP.Channel, PaymentType: t.PSP.PaymentType}
		if t.PSP.Channel != "" {
			provider.Channels = []string{t.PSP.Channel}
		}
		providers[t.Name] = provider
	}
	return terminals, providers, nil
}

func creditors(cfg *config.Config) []till.Creditor {
	var out []till.Creditor
	for _, c := range cfg.Creditors {
		out = append(out, till.Creditor{TaxCode: c.TaxCode, Name: c.Name, GLN: c.GLN})
	}
	return out
}

func services(cfg *config.Config) []till.Service {
	var out []till.Service
	for _, s := range cfg.Services {
		out = append(out, till.Service{
			Type: s.Type, Name: s.Name, Creditor: s.Creditor, Reason: s.Reason, Cents: s.Cents,
			EntryCode: s.EntryCode, IBAN: s.IBAN, AccountingKind: s.AccountingKind, AccountingCode: s.AccountingCode,
			Taxonomy: s.Taxonomy, DueDays: s.DueDays, Form: s.Form,
		})
	}
	return out
}

// offlineChoice is the body's choice; where it allows nothing there are no limits to keep.
func offlineChoice(cfg *config.Config) till.Offline {
	o := cfg.Offline
	if !o.Allow {
		return till.Offline{}
	}
	return till.Offline{Allow: true, Limits: ledger.OfflineLimits{
		MaxAmountCents: o.MaxAmountCents, MaxTotalCents: o.MaxTotalCents, MaxPayments: o.MaxPayments, MaxHours: o.MaxHours, VerifiedWithin: o.VerifiedWithin,
	}}
}

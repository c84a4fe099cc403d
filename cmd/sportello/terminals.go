package main

import (
	"fmt"

	"sportello/cmd/sportello/internal/config"
	"sportello/cmd/sportello/internal/settle"
	"sportello/cmd/sportello/internal/till"
	"sportello/driver"
	"sportello/driver/ecr17"
)

// drivers is every terminal driver of this program, by the name in terminals[].driver.
var drivers = map[string]driver.Open{
	"nexi":   ecr17.Open,
	"numera": ecr17.Open,
}

func openTerminals(cfg *config.Config) ([]till.Terminal, map[string]settle.Provider, error) {
	var terminals []till.Terminal
	providers := map[string]settle.Provider{}
	for _, t := range cfg.Terminals {
		open := drivers[t.Profile]
		if open == nil {
			return nil, nil, fmt.Errorf("no driver %q for terminal %q", t.Profile, t.Name)
		}
		d, err := open(t.Driver())
		if err != nil {
			return nil, nil, fmt.Errorf("terminal %q: %w", t.Name, err)
		}
		terminals = append(terminals, till.Terminal{Name: t.Name, Label: t.Label, Driver: d,
			Exclusivity: t.Exclusivity, Settlement: t.Settlement, MaxNotices: t.MaxNotices, Reversal: t.Reversal})
		provider := settle.Provider{ID: t.PSP.ID}
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

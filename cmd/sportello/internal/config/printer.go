package config

import (
	"fmt"

	"sportello/cmd/sportello/internal/paper"
)

// Papers that are printed by themselves.
const (
	AutomaticNone        = "none"
	AutomaticSlip        = "slip"
	AutomaticAttestation = "attestation"
)

func readPrinter(s *section) Printer {
	p := Printer{
		Name: s.text("name", ""), Copies: s.number("copies", 1, 1, 5), Columns: s.number("columns", 48, 24, 64), Cut: s.boolean("cut", true),
		Automatic: s.oneOf("automatic", AutomaticNone, AutomaticNone, AutomaticSlip, AutomaticAttestation),
	}
	if p.Name != "" && paper.CheckName(p.Name) != nil {
		s.bad("name", fmt.Sprintf("%q non è una stampante che questo sistema può usare", p.Name),
			"scrivere tcp://INDIRIZZO:9100 per una stampante di rete; su Linux il percorso della stampante USB, per esempio /dev/usb/lp0; su Windows il nome della stampante")
	}
	if p.Name == "" && p.Automatic != AutomaticNone {
		s.bad("automatic", "manca la stampante", "indicare name, oppure togliere automatic")
	}
	s.close()
	return p
}

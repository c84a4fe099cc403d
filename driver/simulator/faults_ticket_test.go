package simulator

import (
	"strings"
	"testing"
	"time"

	"sportello/protocol/ecr17"
)

// receipt pays with the print switch on and gives the texts of the ticket's parts, as
// they came; the result may come in between.
func (e *ecr) receipt() (parts []string, order string) {
	e.t.Helper()
	e.send(ecr17.PrintSwitch{TID: e.tid, ToECR: true})
	e.want(ecr17.FrameACK, time.Minute)
	e.send(e.extended(100))
	e.want(ecr17.FrameACK, time.Minute)
	return e.parts()
}

// parts reads messages until nothing more comes.
func (e *ecr) parts() (parts []string, order string) {
	e.t.Helper()
	for {
		f, ok := e.next(time.Minute)
		switch {
		case !ok:
			return parts, order
		case f.Kind == ecr17.FrameProgress:
			order += "p"
		case f.Kind != ecr17.FrameApplication:
			e.t.Fatalf("%v", f)
		case !f.Valid(e.scope):
			order += "-"
			e.nak()
		default:
			order += string(f.Payload[9])
			if f.Payload[9] == 'S' {
				parts = append(parts, string(f.Payload[10:]))
			}
			if _, err := e.c.Write(ecr17.AppendACK(nil, ecr17.DefaultForm(e.scope))); err != nil {
				return parts, order
			}
		}
	}
}

// slipCase is a receipt that must be so.
func slipCase(rule Rule, want func(parts []string, order string) bool, with ...Rule) faultCase {
	return faultCase{rule: rule, with: with, truth: []bool{true}, see: func(t *testing.T, b bench, e *ecr) {
		if parts, order := e.receipt(); !want(parts, order) {
			t.Errorf("%s %q", order, parts)
		}
	}}
}

func whole(parts []string) string { return strings.Join(parts, "") }

var ticketCases = map[Fault]faultCase{
	TicketParts: slipCase(Rule{On: "X"}, func(p []string, o string) bool { return len(p) == 5 && strings.HasSuffix(o, "EpSSSSS") }),
	TicketFirst: slipCase(Rule{On: "X"}, func(p []string, o string) bool { return strings.HasSuffix(o, "SE") }),
	TicketCut:   slipCase(Rule{On: "X"}, func(p []string, o string) bool { return len(p) == 2 && !strings.Contains(whole(p), "\x1b") }, Rule{On: "X", Fault: TicketParts}),
	TicketNoEnd: slipCase(Rule{On: "X"}, func(p []string, o string) bool { return len(p) > 0 && !strings.Contains(whole(p), "\x1b") }),
	TicketSplit: slipCase(Rule{On: "X"}, func(p []string, o string) bool { return len(p) == 2 && strings.HasSuffix(p[0], "\x7f") }),
	TicketFull:  slipCase(Rule{On: "X"}, func(p []string, o string) bool { return strings.Index(whole(p), "}") == 24 }),
	TicketTwo: slipCase(Rule{On: "X"}, func(p []string, o string) bool {
		return strings.Count(whole(p), "\x1b") == 2 && strings.Contains(whole(p), "COPIA")
	}),
	TicketEqual:  slipCase(Rule{On: "X"}, func(p []string, o string) bool { return len(p) == 2 && p[0] == p[1] && strings.HasSuffix(p[0], "\x1b") }),
	TicketBadLRC: slipCase(Rule{On: "X", Times: 2}, func(p []string, o string) bool { return strings.Contains(o, "--S") && len(p) > 0 }),
	TicketRepeat: slipCase(Rule{On: "X"}, func(p []string, o string) bool { return len(p) == 3 && p[0] == p[1] }, Rule{On: "X", Fault: TicketParts, Times: 2}),
	TicketCommands: slipCase(Rule{On: "X"}, func(p []string, o string) bool {
		return strings.Contains(whole(p), "\x1dV\x00") && strings.Count(whole(p), "\x1b") == 2
	}),
	TicketLong:     slipCase(Rule{On: "X"}, func(p []string, o string) bool { return len(p[0]) == 250 && strings.HasSuffix(whole(p), "\x1b") }),
	SwitchForgot:   slipCase(Rule{On: "X"}, func(p []string, o string) bool { return len(p) == 0 && strings.HasSuffix(o, "E") }),
	NoReferenceOn:  slipCase(Rule{On: "X"}, func(p []string, o string) bool { return len(p) > 0 && !ecr17.FindReference(whole(p), reference) }),
	ProgressTicket: slipCase(Rule{On: "X"}, func(p []string, o string) bool { return strings.HasSuffix(o, "SpSpS") }, Rule{On: "X", Fault: TicketParts, Times: 3}),
	NoTicket: {rule: Rule{On: "R"}, before: 700, truth: []bool{true}, see: func(t *testing.T, b bench, e *ecr) {
		e.send(ecr17.ReprintRequest{TID: tid, ToECR: true})
		e.want(ecr17.FrameACK, time.Minute)
		e.nothing(time.Hour)
	}},
}

// A ticket without faults has our reference, or the cases above say nothing.
func TestTicketHasTheReference(t *testing.T) {
	inMemory(t, Options{}, func(t *testing.T, b bench) {
		parts, order := b.dial().receipt()
		if !ecr17.FindReference(whole(parts), reference) || !strings.HasSuffix(whole(parts), endOfTicket) {
			t.Errorf("%s %q", order, parts)
		}
	})
}

package till

import (
	"errors"
	"fmt"
	"testing"

	"sportello/protocol/govpay"
	"sportello/protocol/local"
)

// TestWhoFailed: what keeps us from the platform, what the platform says itself, and what is behind it are three
// things; and only when nobody answered for it may a debt be charged without its word.
func TestWhoFailed(t *testing.T) {
	fault := func(o govpay.Outcome, categoria, codice string) error {
		return fmt.Errorf("asked: %w", &govpay.Fault{Operation: "byAvviso", Outcome: o, Categoria: categoria, Codice: codice})
	}
	forbidden := func(operation string) error {
		return &govpay.Fault{Operation: operation, Outcome: govpay.OutcomeForbidden}
	}
	rows := map[string]struct {
		err   error
		code  local.Code
		away  bool
		there bool
	}{
		"nobody answers":                   {fault(govpay.OutcomeUnavailable, "", ""), local.CodePlatformUnavailable, true, false},
		"its own error":                    {fault(govpay.OutcomeUnavailable, "INTERNO", "INTERNAL"), local.CodePlatformUnavailable, true, false},
		"a proxy's page":                   {fault(govpay.OutcomeNotJSON, "", ""), local.CodePlatformNotJSON, true, false},
		"the owner does not answer":        {fault(govpay.OutcomeUnavailable, "EC", "502000"), local.CodeTroubleCreditor, false, true},
		"the owner could not refresh":      {fault(govpay.OutcomeUnavailable, "OPERAZIONE", "VER_014"), local.CodeTroubleCreditor, false, true},
		"pagoPA's channel":                 {fault(govpay.OutcomeUnavailable, "PAGOPA", "PPT_CANALE_TIMEOUT"), local.CodeTroubleUnexpected, false, true},
		"not on record":                    {fault(govpay.OutcomeNotFound, "OPERAZIONE", "404000"), local.CodeNoticeUnknown, false, true},
		"paid":                             {fault(govpay.OutcomePermanent, "RICHIESTA", "VER_012"), local.CodeTroublePaid, false, true},
		"expired":                          {fault(govpay.OutcomePermanent, "RICHIESTA", "VER_010"), local.CodeTroubleExpired, false, true},
		"withdrawn":                        {fault(govpay.OutcomePermanent, "RICHIESTA", "VER_013"), local.CodeTroubleRevoked, false, true},
		"in progress":                      {fault(govpay.OutcomePermanent, "RICHIESTA", "PAG_014"), local.CodeTroubleInProgress, false, true},
		"a code nobody knows":              {fault(govpay.OutcomePermanent, "RICHIESTA", "XYZ_999"), local.CodeTroubleUnexpected, false, true},
		"malformed":                        {fault(govpay.OutcomePermanent, "RICHIESTA", "SINTASSI"), local.CodeTroubleData, false, true},
		"password":                         {fault(govpay.OutcomeUnauthorized, "AUTORIZZAZIONE", "401000"), local.CodePlatformPassword, false, false},
		"certificate":                      {fault(govpay.OutcomeUntrusted, "", ""), local.CodePlatformCertificate, false, false},
		"address":                          {fault(govpay.OutcomeWrongBaseURL, "", ""), local.CodePlatformAddress, false, false},
		"wrong set-up":                     {fault(govpay.OutcomeWrongSetup, "", ""), local.CodePlatformWrongSetup, false, false},
		"verifying not granted":            {forbidden("byAvviso"), local.CodePlatformForbidden, false, false},
		"papers not granted":               {forbidden("avviso pdf"), local.CodePlatformForbidden, false, true},
		"no address, nobody asked":         {fmt.Errorf("pdf: %w", govpay.ErrNotConfigured), local.CodePlatformAddress, false, false},
		"wrong argument, nobody was asked": {fmt.Errorf("pdf: %w", govpay.ErrArgument), local.CodePlatformUnavailable, false, false},
	}
	for name, row := range rows {
		e := platformError(row.err)
		if e.Code != row.code || !errors.Is(e, row.err) {
			t.Errorf("%s: %q, want %q", name, e.Code, row.code)
		}
		if away(row.err) != row.away || away(e) != row.away {
			t.Errorf("%s: away %t, want %t", name, away(row.err), row.away)
		}
		bubble(t, func(t *testing.T, w *world) {
			if got := w.till.PlatformSeen(row.err); got != row.there {
				t.Errorf("%s: there %t, want %t", name, got, row.there)
			}
		})
	}
	if platformError(nil) != nil || away(nil) || answered(nil) {
		t.Error("no error is one")
	}
}

// TestNotAsked: an error of our own says nothing about the platform; its light stays.
func TestNotAsked(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.till.PlatformSeen(nil)
		for _, err := range []error{govpay.ErrArgument, govpay.ErrNotConfigured, &govpay.Fault{Outcome: govpay.OutcomeCanceled}} {
			w.till.PlatformSeen(err)
			if s, err := w.till.Snapshot(t.Context(), clerk); err != nil || s.Platform.Light != local.LightReady {
				t.Errorf("%+v %v", s.Platform, err)
			}
		}
	})
}

// TestTroubles: each of the nine has its code and its text.
func TestTroubles(t *testing.T) {
	if len(troubles) != 9 {
		t.Errorf("%d troubles", len(troubles))
	}
	seen := map[local.Code]bool{}
	for trouble, code := range troubles {
		if seen[code] || local.Lookup(code, local.Italian) == local.Lookup(local.CodeInternal, local.Italian) {
			t.Errorf("%q is %q", trouble, code)
		}
		seen[code] = true
	}
}

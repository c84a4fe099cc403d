package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"sportello/protocol/local"
)

// notice makes an 18 digit number with right check digits that the demonstration's platform does not know.
func unknownNotice() string {
	const base = "3020001000000099"
	rest := 0
	for _, r := range base {
		rest = (rest*10 + int(r-'0')) % 93
	}
	return fmt.Sprintf("%s%02d", base, rest)
}

// TestNoticesThatCannotBeTaken: what clerks type and scan, and what the platform says of it.
func TestNoticesThatCannotBeTaken(t *testing.T) {
	t.Parallel()
	c := newCounter(t, setup{})
	c.start()
	good := strings.Split(debt(0), "|")[2]
	last := byte('0' + (good[17]-'0'+1)%10)
	wrongDigit := good[:17] + string(last)
	other := "PAGOPA|002|" + good + "|00488410010|12345"

	for name, row := range map[string]struct {
		typed string
		told
	}{
		"check digit": {wrongDigit, told{3, local.CodeNoticeCheckDigits, 422, []string{"Le cifre del codice avviso non tornano", "Ricontrollare le 18 cifre"}}},
		"IUV typed":   {good[1:], told{3, local.CodeIUVTyped, 422, []string{"questo è lo IUV", "Scrivere il codice avviso, di 18 cifre"}}},
		"too short":   {good[:12], told{3, local.CodeNoticeLength, 422, []string{"ha 18 cifre", "Ricontrollare"}}},
		"no notice":   {"https://example.it", told{3, local.CodeCodeUnreadable, 422, []string{"non è un avviso pagoPA", "Leggere il QR"}}},
		"another creditor's QR": {other,
			told{3, local.CodeOtherCreditor, 422, []string{"è di un altro ente (00488410010)", "indirizzare il cittadino"}}},
		"another creditor's number": {good + "@00488410010",
			told{3, local.CodeOtherCreditor, 422, []string{"è di un altro ente (00488410010)", "indirizzare il cittadino"}}},
		"unknown": {unknownNotice(), told{3, local.CodeNoticeUnknown, 404, []string{"non si trova", "Non incassare"}}},
	} {
		t.Run(name, func(t *testing.T) {
			c := c.in(t)
			c.refusesToPay(row.typed, row.told)
			c.refuses(http.MethodPost, "notices/lookup", local.LookupRequest{Code: row.typed}, row.told)
		})
	}
	for name, row := range map[string]struct {
		qr string
		told
	}{
		"paid":      {debt(4), told{3, local.CodeNoticePaid, 409, []string{"già pagato", "Non incassare"}}},
		"expired":   {debt(5), told{3, local.CodeNoticeExpired, 409, []string{"è scaduto", "Serve un nuovo avviso"}}},
		"cancelled": {debt(6), told{3, local.CodeNoticeCancelled, 409, []string{"ha annullato", "Non incassare"}}},
		"unknown": {"PAGOPA|002|" + unknownNotice() + "|01199250158|100",
			told{3, local.CodeNoticeUnknown, 404, []string{"non si trova", "Non incassare"}}},
	} {
		t.Run("debt "+name, func(t *testing.T) {
			c := c.in(t)
			c.refusesToPay(row.qr, row.told)
			// A page that shows an old answer, or no page at all, is told the same by the payment itself.
			c.refuses(http.MethodPost, "payments", requestFor(row.qr, 0), row.told)
			if row.status == http.StatusNotFound {
				return
			}
			status, body := c.call(http.MethodPost, "notices/lookup", local.LookupRequest{Code: row.qr})
			var n local.Notice
			if err := json.Unmarshal(body, &n); err != nil || status != http.StatusOK || n.Payable || n.AmountCents == 0 ||
				n.Reason == nil || n.Reason.Code != string(row.code) || n.Reason.Hint == "" {
				t.Errorf("lookup: %d %s", status, body)
			}
		})
	}
	t.Run("wrong requests", func(t *testing.T) {
		c := c.in(t)
		r := requestFor(debt(0), 0)
		r.Notices[0].Number = wrongDigit + "1"
		c.refuses(http.MethodPost, "payments", r, told{status: 422, code: local.CodeNoticeLength})
		r = requestFor(other, 0)
		c.refuses(http.MethodPost, "payments", r, told{status: 422, code: local.CodeOtherCreditor})
		r = requestFor(debt(0), 0)
		r.Terminal = "cassa9"
		c.refuses(http.MethodPost, "payments", r, told{status: 404, code: local.CodeTerminalUnknown})
		r = requestFor(debt(0), 0)
		r.RequestID = ""
		c.refuses(http.MethodPost, "payments", r, told{status: 400, code: local.CodeRequestIDMissing})
		r = requestFor(debt(0), 0)
		r.Notices = append(r.Notices, r.Notices[0])
		c.refuses(http.MethodPost, "payments", r, told{status: 422, code: local.CodeTooManyNotices})
		code, _, errs := c.cli("pay", debt(0), "--terminal", "cassa9")
		if code != exitNotCharged {
			t.Errorf("an unknown terminal: exit %d", code)
		}
		c.italian(errs, []string{"non è fra quelli configurati", "Scegliere"})
	})
	c.untouched()
}

// TestAmountChangedSinceThePrint: the platform's amount counts, and only after somebody has agreed to it.
func TestAmountChangedSinceThePrint(t *testing.T) {
	t.Parallel()
	c := newCounter(t, setup{})
	c.start()
	qr := debt(3) // printed with 29,40, now 42,00
	changed := told{3, local.CodeAmountChanged, 409, []string{"42,00 €", "nuovo importo al cittadino"}}
	c.refusesToPay(qr, changed, "--expect-cents", "2940")
	c.refusesToPay(qr, changed) // what is printed is what the citizen has in mind
	if e := c.refuses(http.MethodPost, "payments", requestFor(qr, 2940), changed); e.AmountCents != 4200 || !strings.Contains(e.Message, "42,00 €") {
		t.Errorf("the new amount is not in %+v", e)
	}
	status, body := c.call(http.MethodPost, "notices/lookup", local.LookupRequest{Code: qr})
	var n local.Notice
	if err := json.Unmarshal(body, &n); err != nil || status != http.StatusOK || !n.Payable || n.AmountCents != 4200 || n.PrintedCents != 2940 ||
		len(n.Warnings) != 1 || n.Warnings[0].Code != string(local.CodeAmountPrintDiffers) || n.Warnings[0].Hint == "" {
		t.Errorf("lookup: %d %s", status, body)
	}
	c.untouched()

	c.start()
	code, p, errs := c.pay(qr, "--expect-cents", "4200")
	if code != exitDone || p.AmountCents != 4200 || p.Charge == nil || p.Charge.AmountCents != 4200 {
		t.Errorf("pay ended with %d: %+v\n%s", code, p, errs)
	}
	for _, want := range []string{"attenzione: ", "42,00 €", "29,40 €"} {
		if !strings.Contains(errs, want) {
			t.Errorf("the warning lacks %q:\n%s", want, errs)
		}
	}
}

// TestAmountChangedWhileTheClerkLooks: between the look and Enter.
func TestAmountChangedWhileTheClerkLooks(t *testing.T) {
	t.Parallel()
	c := newCounter(t, setup{})
	c.start()
	r := requestFor(debt(0), 12345)
	if err := c.platform.SetAmount(r.Notices[0].Creditor, r.Notices[0].Number, 20000); err != nil {
		t.Fatal(err)
	}
	e := c.refuses(http.MethodPost, "payments", r, told{status: 409, code: local.CodeAmountChanged})
	if e.AmountCents != 20000 {
		t.Errorf("amount %d", e.AmountCents)
	}
	c.untouched()
}

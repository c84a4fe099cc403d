package govpay

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Check is one thing that a probe looks at.
type Check string

// The checks, in the order in which they are made: the first that fails hides
// the later ones of its API, except CheckClock, CheckExpiry and CheckCreditor.
const (
	CheckReach       Check = "reach"       // address, name, proxy, connection
	CheckTLS         Check = "tls"         // the server's certificate
	CheckCredentials Check = "credentials" // who we are
	CheckProfile     Check = "profile"     // this is the API that we think it is
	CheckClock       Check = "clock"       // their clock against ours
	CheckExpiry      Check = "expiry"      // the server's certificate, soon
	CheckCreditor    Check = "creditor"    // the creditors that we work for
	CheckGrant       Check = "grant"       // the API is granted to us
)

// Finding is what one check found. It holds no secret and no personal data.
type Finding struct {
	API   API
	Check Check
	Code  FindingCode

	Detail        string        // a name, a codice, a status: small print
	Issuer        string        // who signed the certificate that the server showed
	Expires       time.Time     // that certificate's last moment
	Skew          time.Duration // their clock minus ours
	Took          time.Duration // how long the platform took to answer
	TransactionID string
	Err           error // the failed call, for the log; nil when there is none
}

// Limits of a probe.
const (
	maxSkew     = 2 * time.Minute     // certificates and receipts are compared by time
	expiresSoon = 14 * 24 * time.Hour // enough for somebody to renew a certificate
)

// Probe makes the two cheapest calls of an API and says what they prove: profilo
// (reached, trusted, recognised) and an empty list (granted). Nothing on the
// platform changes. Creditors are the tax codes that we work for; the first is
// the one asked for.
func (c *Client) Probe(ctx context.Context, api API, creditors []string) []Finding {
	if !c.Has(api) {
		return []Finding{{API: api, Check: CheckReach, Code: FindingNotConfigured}}
	}
	var wire wireProfile
	r, err := c.exchange(ctx, call{operation: opProfile, api: api, path: "/profilo", timeout: c.conf.Timeouts.Read}, &wire)
	found := c.clock(api, r)
	if err == nil {
		if _, problem := wire.profile(); problem != nil {
			err = malformed(opProfile, r.transaction, problem)
		}
	}
	if err != nil {
		f := diagnose(api, CheckProfile, err)
		if f.Code == FindingRefusedCall && f.Detail == strconv.Itoa(http.StatusBadRequest) && strings.HasPrefix(c.bases[api], "http://") {
			f.Check, f.Code = CheckReach, FindingHTTPSOnly // how servers of TLS answer: 400, and no code of the platform
		}
		return append(found, f)
	}
	ok := Finding{API: api, Code: FindingOK, Took: r.took, TransactionID: r.transaction}
	if r.tls != nil && len(r.tls.PeerCertificates) > 0 {
		ok.Issuer, ok.Expires = issuer(r.tls.PeerCertificates[0]), r.tls.PeerCertificates[0].NotAfter
	}
	for _, check := range []Check{CheckReach, CheckTLS, CheckCredentials, CheckProfile} {
		if ok.Check = check; check != CheckTLS || r.tls != nil {
			found = append(found, ok)
		}
	}
	if !ok.Expires.IsZero() && time.Until(ok.Expires) < expiresSoon {
		found = append(found, Finding{API: api, Check: CheckExpiry, Code: FindingExpiresSoon, Issuer: ok.Issuer, Expires: ok.Expires})
	}
	profile, _ := wire.profile()
	for _, creditor := range creditors {
		f := Finding{API: api, Check: CheckCreditor, Code: FindingOK, Detail: creditor}
		if !slices.ContainsFunc(profile.Creditors, func(c Creditor) bool { return c.TaxCode == creditor }) {
			f.Code = FindingCreditorMissing
		}
		found = append(found, f)
	}
	return append(found, c.grant(ctx, api, creditors))
}

// grant makes a call that the API's flag guards, and that returns no row.
func (c *Client) grant(ctx context.Context, api API, creditors []string) Finding {
	k := call{
		operation: "elenco vuoto", api: api, path: "/pendenze", query: url.Values{"risultatiPerPagina": {"0"}},
		accept: acceptJSON, max: maxJSON, timeout: c.conf.Timeouts.Read,
	}
	if api == Ragioneria {
		k.path = "/ricevute"
	}
	if len(creditors) > 0 {
		k.query.Set("idDominio", creditors[0])
	}
	r, err := c.do(ctx, k)
	if err != nil {
		return diagnose(api, CheckGrant, err)
	}
	return Finding{API: api, Check: CheckGrant, Code: FindingOK, Took: r.took, TransactionID: r.transaction}
}

// clock compares the time of an answer, whatever it says, with ours.
func (c *Client) clock(api API, r reply) []Finding {
	skew, ok := skewOf(r)
	if !ok {
		return nil
	}
	f := Finding{API: api, Check: CheckClock, Code: FindingOK, Skew: skew}
	if skew.Abs() > maxSkew {
		f.Code, f.Detail = FindingClockSkew, strconv.FormatInt(int64(skew/time.Second), 10)+" s"
	}
	return []Finding{f}
}

// diagnose names the cause of a failed call as exactly as can be told.
func diagnose(api API, check Check, err error) Finding {
	f := Finding{API: api, Check: check, Code: FindingUnknown, Err: err}
	var fault *Fault
	if !errors.As(err, &fault) {
		return f
	}
	f.TransactionID = fault.TransactionID
	f.Detail = fault.Codice
	if fault.Status == 0 || fault.err != nil && fault.Outcome != OutcomeMalformed {
		f.network(fault)
		return f
	}
	if f.Detail == "" {
		f.Detail = strconv.Itoa(fault.Status)
	}
	switch fault.Outcome {
	case OutcomeUnauthorized:
		f.Check, f.Code = CheckCredentials, FindingUnauthorized
	case OutcomeForbidden:
		switch {
		case check == CheckGrant:
			f.Code = FindingNotGranted
		case fault.Codice == "":
			f.Code = FindingForbiddenByProxy // the platform always says why
		default:
			f.Check, f.Code = CheckCredentials, FindingSegment
		}
	case OutcomeWrongBaseURL:
		f.Code = FindingWrongBase
		if fault.Status < 400 {
			f.Code, f.Detail = FindingRedirect, fault.location
		}
	case OutcomeNotJSON:
		f.Code = FindingNotPlatform
	case OutcomeMalformed, OutcomeMismatch, OutcomeTooLarge:
		f.Code = FindingOtherDialect
	case OutcomeUnavailable:
		f.Code = FindingServerError
		if fault.Status == http.StatusProxyAuthRequired {
			f.Check, f.Code = CheckReach, FindingProxyLogin
		}
	case OutcomeCanceled:
		f.Code = FindingCanceled
	default:
		f.Code = FindingRefusedCall
	}
	return f
}

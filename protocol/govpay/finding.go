package govpay

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// FindingCode is what a check found; stable, for catalogues of remedies.
type FindingCode string

// The codes.
const (
	FindingOK            FindingCode = "ok"
	FindingNotConfigured FindingCode = "not_configured" // no base address
	FindingSecretFile    FindingCode = "secret_file"    // our password, key or client certificate cannot be read or used
	FindingCAFile        FindingCode = "ca_file"        // cannot be read, or holds no certificate

	FindingNameUnknown    FindingCode = "name_unknown"        // the name service does not know the host
	FindingNameService    FindingCode = "name_service"        // the name service does not answer
	FindingRefused        FindingCode = "connection_refused"  // the host is there, nobody listens
	FindingNoRoute        FindingCode = "no_route"            // the network does not lead there
	FindingConnectTimeout FindingCode = "connect_timeout"     // a firewall drops it, or the host is off
	FindingProxyAway      FindingCode = "proxy_unreachable"   // the proxy itself
	FindingProxyRefused   FindingCode = "proxy_refused"       // the proxy does not let us through
	FindingProxyLogin     FindingCode = "proxy_login"         // the proxy wants user and password, or others
	FindingCut            FindingCode = "connection_cut"      // ended in the middle
	FindingTooSlow        FindingCode = "too_slow"            // connected, no whole answer in time
	FindingTLSIssuer      FindingCode = "tls_unknown_issuer"  // Issuer: add it to ca_file if it is the body's own
	FindingTLSExpired     FindingCode = "tls_expired"         // or our clock is ahead
	FindingTLSNotYet      FindingCode = "tls_not_yet_valid"   // or our clock is behind
	FindingTLSHost        FindingCode = "tls_wrong_host"      // the certificate names another host
	FindingTLSInvalid     FindingCode = "tls_invalid"         // any other fault of the certificate
	FindingTLSNotSpoken   FindingCode = "tls_not_spoken"      // https asked of a server that speaks something else
	FindingTLSRefused     FindingCode = "tls_refused"         // the server ended the handshake
	FindingClientCert     FindingCode = "client_certificate"  // the server wants one, or not ours
	FindingUnauthorized   FindingCode = "unauthorized"        // 401
	FindingSegment        FindingCode = "segment_not_enabled" // 403 before any API: the auth segment of the address
	FindingNotGranted     FindingCode = "api_not_granted"     // 403 on a real call: the API's flag, or the creditor

	FindingForbiddenByProxy FindingCode = "forbidden_by_proxy" // 403 that is not the platform's
	FindingWrongBase        FindingCode = "wrong_base_url"     // 404 that is not the platform's
	FindingRedirect         FindingCode = "redirect"           // Detail: the host that it leads to
	FindingNotPlatform      FindingCode = "not_the_platform"   // a page instead of JSON
	FindingOtherDialect     FindingCode = "other_dialect"      // JSON that is not profilo's
	FindingServerError      FindingCode = "server_error"       // 5xx, 429
	FindingRefusedCall      FindingCode = "call_refused"       // 4xx with the platform's code
	FindingHTTPSOnly        FindingCode = "https_only"         // http asked of a server that speaks https
	FindingClockSkew        FindingCode = "clock_skew"
	FindingExpiresSoon      FindingCode = "tls_expires_soon"
	FindingCreditorMissing  FindingCode = "creditor_not_granted"
	FindingCanceled         FindingCode = "canceled"
	FindingUnknown          FindingCode = "unknown"
)

// network names the cause of a call without (a whole) answer.
func (f *Finding) network(fault *Fault) {
	err := fault.err
	f.Check = CheckReach
	var (
		secret  *secretError
		refused *proxyRefusal
		dns     *net.DNSError
		op      *net.OpError
		record  tls.RecordHeaderError
		timeout net.Error
	)
	switch {
	case fault.Outcome == OutcomeCanceled:
		f.Code = FindingCanceled
	case errors.As(err, &secret):
		f.Check, f.Code, f.Detail = CheckCredentials, FindingSecretFile, secret.what
	case errors.As(err, &refused) && refused.status == http.StatusProxyAuthRequired:
		f.Code, f.Detail = FindingProxyLogin, strconv.Itoa(refused.status)
	case errors.As(err, &refused):
		f.Code, f.Detail = FindingProxyRefused, strconv.Itoa(refused.status)
	case f.certificate(err):
	case fault.Outcome == OutcomeUntrusted: // before any connection
		f.Check, f.Code = CheckTLS, FindingCAFile
	case certificateRefused(err):
		f.Check, f.Code, f.Detail = CheckCredentials, FindingClientCert, alert(err)
	case alert(err) != "":
		f.Check, f.Code, f.Detail = CheckTLS, FindingTLSRefused, alert(err)
	case errors.Is(err, http.ErrSchemeMismatch), errors.As(err, &record):
		f.Check, f.Code = CheckTLS, FindingTLSNotSpoken
	case errors.As(err, &op) && op.Op == "proxyconnect":
		f.Code = FindingProxyAway
	case errors.As(err, &dns):
		f.Code, f.Detail = FindingNameService, clip(dns.Name, 255)
		if dns.IsNotFound {
			f.Code = FindingNameUnknown
		}
	case isErrno(err, refusedErrnos):
		f.Code = FindingRefused
	case isErrno(err, routeErrnos):
		f.Code = FindingNoRoute
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		f.Code = FindingConnectTimeout
		if fault.Sent {
			f.Code = FindingTooSlow
		}
	case isErrno(err, resetErrnos), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		f.Code = FindingCut
	default:
		f.Code = FindingUnknown
	}
}

// certificate names what is wrong with the certificate that the server showed.
func (f *Finding) certificate(err error) bool {
	var seen *tls.CertificateVerificationError
	if !errors.As(err, &seen) {
		return false
	}
	f.Check, f.Code = CheckTLS, FindingTLSInvalid
	var cert *x509.Certificate
	if len(seen.UnverifiedCertificates) > 0 {
		cert = seen.UnverifiedCertificates[0]
		f.Issuer, f.Expires = issuer(cert), cert.NotAfter
	}
	var (
		unknown x509.UnknownAuthorityError
		host    x509.HostnameError
		invalid x509.CertificateInvalidError
	)
	switch {
	case errors.As(err, &host):
		f.Code, f.Detail = FindingTLSHost, clip(host.Host, 255)
	case errors.As(err, &unknown):
		f.Code = FindingTLSIssuer
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		f.Code = FindingTLSExpired
		if cert != nil && time.Now().Before(cert.NotBefore) {
			f.Code = FindingTLSNotYet
		}
	}
	return true
}

// issuer names who signed a certificate, in a way that people recognise.
func issuer(c *x509.Certificate) string {
	parts := slices.DeleteFunc([]string{c.Issuer.CommonName, strings.Join(c.Issuer.Organization, " ")}, func(s string) bool { return s == "" })
	return clip(strings.Join(parts, ", "), 200)
}

func isErrno(err error, among []error) bool {
	return slices.ContainsFunc(among, func(e error) bool { return errors.Is(err, e) })
}

package verify

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"time"
)

// A failure is one way in which no answer comes.
type failure struct {
	fits      func(error) bool
	detail    string
	transient bool
}

// failures are tried in order: an error often wraps several of them, and the
// outermost says most.
var failures = []failure{
	{timedOut, "no answer in time", true},
	{as[tunnelError], "the proxy refused the connection", false},
	{operation("proxyconnect"), "no connection to the proxy", true},
	{hostNotFound, "the host name does not exist", false},
	{as[*net.DNSError], "the host name could not be resolved", true},
	{as[x509.HostnameError], "the certificate is for another host", false},
	{as[x509.UnknownAuthorityError], "the certificate comes from an authority that is not trusted here", false},
	{expired, "the certificate is expired or not yet valid", false},
	{as[*tls.CertificateVerificationError], "the certificate is not trusted", false},
	{as[tls.RecordHeaderError], "the host does not speak TLS", false},
	{operation("dial"), "no connection", true},
	{operation("remote error"), "the TLS handshake was refused", false},
	{operation("read"), "the connection broke before the answer was whole", true},
	{operation("write"), "the connection broke before the request was sent", true},
	{is(io.EOF), "the connection ended before the answer was whole", true},
	{is(io.ErrUnexpectedEOF), "the connection ended before the answer was whole", true},
	{textOfTLS, "the TLS handshake failed", false},
}

// explain puts an error into words of our own and says whether trying again
// may help. An operating system's error number is added, a proxy's status too;
// they are the only parts of the error itself that are shown.
func explain(err error, timeout time.Duration) (detail string, transient bool) {
	for _, f := range failures {
		if f.fits(err) {
			return f.detail + particulars(err, timeout), f.transient
		}
	}
	return "what came is no usable HTTP answer", false
}

func particulars(err error, timeout time.Duration) string {
	if timedOut(err) {
		return fmt.Sprintf(" (%v)", timeout)
	}
	if status, ok := errors.AsType[tunnelError](err); ok {
		return fmt.Sprintf(" (HTTP %d)", int(status))
	}
	if number, ok := errors.AsType[syscall.Errno](err); ok {
		return fmt.Sprintf(" (%v)", number)
	}
	return ""
}

func is(target error) func(error) bool {
	return func(err error) bool { return errors.Is(err, target) }
}

func as[T error](err error) bool {
	_, ok := errors.AsType[T](err)
	return ok
}

// operation fits the network error of one step, as package net names it.
func operation(name string) func(error) bool {
	return func(err error) bool {
		op, ok := errors.AsType[*net.OpError](err)
		return ok && op.Op == name
	}
}

func timedOut(err error) bool {
	n, ok := errors.AsType[net.Error](err)
	return ok && n.Timeout()
}

func hostNotFound(err error) bool {
	dns, ok := errors.AsType[*net.DNSError](err)
	return ok && dns.IsNotFound
}

func expired(err error) bool {
	c, ok := errors.AsType[x509.CertificateInvalidError](err)
	return ok && c.Reason == x509.Expired
}

// textOfTLS fits what crypto/tls reports as plain text only, such as a server
// that offers no version that we accept.
func textOfTLS(err error) bool { return strings.Contains(err.Error(), "tls: ") }

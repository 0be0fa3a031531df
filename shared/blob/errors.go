package blob

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"castad/shared/fault"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
)

// Pauses asked for when the service names none.
const (
	pauseDown = 5 * time.Second
	pauseBusy = 2 * time.Second
	maxPause  = 10 * time.Minute // a Retry-After beyond this is not believed
)

// classify gives err its kind and says what was being done.
func classify(ctx context.Context, err error, op, name string) error {
	if err == nil {
		return nil
	}
	err = fmt.Errorf("%s blob %s: %w", op, name, err)
	var re *azcore.ResponseError
	switch {
	case ctx.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)):
		return err
	case errors.As(err, &re):
		return answered(re, err)
	case isFault(err):
		return err
	}
	// A credential that the identity service refuses says so; all else is the network.
	var refused interface{ NonRetriable() }
	if errors.As(err, &refused) {
		return fault.Wrap(err, fault.CodeMisconfigured)
	}
	return &fault.Error{Kind: fault.Unavailable, Code: fault.CodeUnavailable, RetryAfter: pauseDown, Err: err}
}

func isFault(err error) bool {
	var k fault.Kinded
	return errors.As(err, &k)
}

// answered classes a failure that the service itself reported.
func answered(re *azcore.ResponseError, err error) error {
	switch {
	case re.ErrorCode == string(bloberror.ContainerNotFound), re.ErrorCode == string(bloberror.ContainerBeingDeleted):
		return fault.Wrap(err, fault.CodeMisconfigured)
	case re.StatusCode == http.StatusNotFound:
		return fault.Wrap(err, fault.CodeNotFound)
	case re.StatusCode == http.StatusUnauthorized, re.StatusCode == http.StatusForbidden:
		return fault.Wrap(err, fault.CodeMisconfigured)
	case re.StatusCode == http.StatusConflict, re.StatusCode == http.StatusPreconditionFailed:
		return fault.Wrap(err, fault.CodeConflict)
	case re.StatusCode == http.StatusRequestTimeout, re.StatusCode == http.StatusTooManyRequests, re.StatusCode >= 500 && re.StatusCode != http.StatusNotImplemented:
		return &fault.Error{Kind: fault.Unavailable, Code: fault.CodeUnavailable, RetryAfter: pause(re.RawResponse), Err: err}
	}
	return fault.Wrap(err, fault.CodeInternal)
}

func pause(r *http.Response) time.Duration {
	if r != nil {
		if s, err := strconv.Atoi(r.Header.Get("Retry-After")); err == nil && s > 0 {
			return min(time.Duration(min(s, 1<<20))*time.Second, maxPause)
		}
	}
	return pauseBusy
}

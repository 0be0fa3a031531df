package blob

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"

	"castad/shared/fault"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"golang.org/x/sync/errgroup"
)

// Kept describes a blob that is there.
type Kept struct {
	Name   string
	SHA256 [32]byte
	Bytes  int64
	Type   string // its Content-Type
	// Existed says that the blob was there before this call: SHA256, Bytes and
	// Type are those of what is there, which may differ from what was offered.
	Existed bool
}

// Keep stores everything that r gives as a new blob and returns what is kept.
//
// When the name exists already, also when another writer was faster, nothing is
// overwritten: the present blob is returned with Existed set, and r may not
// have been read to its end. More than limit bytes is request.too_large and
// leaves no blob; at most limit+1 bytes are read. An error of r is returned
// wrapped, as it is.
func (s *Store) Keep(ctx context.Context, name, contentType string, r io.Reader, limit int64) (Kept, error) {
	if err := checkName(name); err != nil {
		return Kept{}, err
	}
	if contentType == "" || limit <= 0 {
		return Kept{}, fault.Newf(fault.CodeInternal, "keep blob %s: a content type and a limit above 0 are needed", name)
	}
	limit = min(limit, maxBlocks*blockSize)
	u := &upload{store: s, blob: s.container.NewBlockBlobClient(name), name: name, contentType: contentType, sum: sha256.New(), crc: crc32.NewIEEE(),
		in: &source{r: r, left: limit, limit: limit}}
	err := u.run(ctx)
	var src *sourceError
	switch {
	case err == nil:
		return Kept{Name: name, SHA256: [32]byte(u.sum.Sum(nil)), Bytes: u.in.read, Type: contentType}, nil
	case errors.As(err, &src):
		return Kept{}, fmt.Errorf("keep blob %s: read what to keep: %w", name, src.err)
	case taken(err):
		return s.present(ctx, name, err)
	}
	return Kept{}, classify(ctx, err, "keep", name)
}

// present describes the blob that made an upload fail with lost.
func (s *Store) present(ctx context.Context, name string, lost error) (Kept, error) {
	there, err := s.Stat(ctx, name)
	switch fault.KindOf(err) {
	case fault.Done:
		there.Existed = true
		return there.Kept, nil
	case fault.NotFound: // deleted since
		return Kept{}, &fault.Error{Kind: fault.Unavailable, Code: fault.CodeUnavailable, RetryAfter: pauseBusy,
			Err: fmt.Errorf("keep blob %s: another was there at the commit and is gone: %w", name, lost)}
	}
	return Kept{}, err
}

// taken reports whether a failed upload may have lost to another writer. A
// commit that finds its staged blocks gone lost too: the winner's commit
// discards them.
func taken(err error) bool {
	return errors.Is(err, errTaken) ||
		bloberror.HasCode(err, bloberror.BlobAlreadyExists, bloberror.ConditionNotMet, bloberror.InvalidBlockList)
}

var errTaken = errors.New("the name is taken")

// upload is one Keep in progress.
type upload struct {
	store             *Store
	blob              *blockblob.Client
	name, contentType string
	sum               hash.Hash
	crc               hash.Hash32
	in                *source
	ids               []string
}

// run reads the first block: a short stream is one Put Blob; a longer one is
// looked up first, so that a retry does not send a film again only to lose at
// the commit, and then staged block by block.
func (u *upload) run(ctx context.Context) error {
	first := u.store.blocks.Get().(*[blockSize]byte)
	n, err := u.in.fill(first[:])
	if err != nil && err != io.EOF {
		u.store.blocks.Put(first)
		return err
	}
	if err == io.EOF {
		defer u.store.blocks.Put(first)
		u.add(first[:n])
		_, err := u.blob.Upload(ctx, body(first[:n]), &blockblob.UploadOptions{HTTPHeaders: u.headers(), Metadata: u.metadata(), AccessConditions: absent()})
		return err
	}
	if _, err := u.blob.GetProperties(ctx, nil); err == nil {
		u.store.blocks.Put(first)
		return errTaken
	} else if !bloberror.HasCode(err, bloberror.BlobNotFound, bloberror.ResourceNotFound) {
		u.store.blocks.Put(first)
		return err
	}
	if err := u.stage(ctx, first); err != nil {
		return err
	}
	_, err = u.blob.CommitBlockList(ctx, u.ids, &blockblob.CommitBlockListOptions{HTTPHeaders: u.headers(), Metadata: u.metadata(), AccessConditions: absent()})
	return err
}

// stage sends the full first block and the rest of the stream. Block ids start
// with a nonce, so two writers of one name cannot mix their blocks.
func (u *upload) stage(ctx context.Context, block *[blockSize]byte) error {
	nonce := rand.Text()
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(concurrency)
	n, readErr := blockSize, error(nil)
	for {
		u.add(block[:n])
		id := base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%s-%08d", nonce, len(u.ids)))
		u.ids = append(u.ids, id)
		full, size := block, n
		g.Go(func() error { // waits while two are on their way
			defer u.store.blocks.Put(full)
			_, err := u.blob.StageBlock(gctx, id, body(full[:size]), nil)
			return err
		})
		if readErr == io.EOF || gctx.Err() != nil {
			break
		}
		block = u.store.blocks.Get().(*[blockSize]byte)
		n, readErr = u.in.fill(block[:])
		if n == 0 || (readErr != nil && readErr != io.EOF) {
			u.store.blocks.Put(block)
			break
		}
	}
	if err := g.Wait(); readErr == nil || readErr == io.EOF {
		return err
	}
	return readErr
}

// add counts bytes into the checksums.
func (u *upload) add(b []byte) {
	u.sum.Write(b)
	u.crc.Write(b)
}

func (u *upload) headers() *blob.HTTPHeaders {
	return &blob.HTTPHeaders{BlobContentType: &u.contentType}
}

func (u *upload) metadata() map[string]*string {
	sum, crc := hex.EncodeToString(u.sum.Sum(nil)), hex.EncodeToString(u.crc.Sum(nil))
	return map[string]*string{checksumKey: &sum, crcKey: &crc}
}

// checksumKey is the metadata that holds the SHA-256, crcKey the one that holds the CRC-32, in hex.
const (
	checksumKey = "sha256"
	crcKey      = "crc32"
)

func absent() *blob.AccessConditions {
	anyTag := azcore.ETagAny
	return &blob.AccessConditions{ModifiedAccessConditions: &blob.ModifiedAccessConditions{IfNoneMatch: &anyTag}}
}

func body(b []byte) io.ReadSeekCloser { return streaming.NopCloser(bytes.NewReader(b)) }

// source reads at most limit bytes and fails on one more.
type source struct {
	r                 io.Reader
	left, limit, read int64
}

// sourceError marks an error as the stream's, not the storage's.
type sourceError struct{ err error }

func (e *sourceError) Error() string { return e.err.Error() }

// fill reads until b is full (nil) or the stream ends (io.EOF, with what there was).
func (s *source) fill(b []byte) (int, error) {
	n, idle := 0, 0
	for n < len(b) {
		want := min(int64(len(b)-n), s.left+1)
		m, err := s.r.Read(b[n : n+int(want)])
		n, s.left, s.read = n+m, s.left-int64(m), s.read+int64(m)
		switch {
		case s.left < 0:
			return 0, &sourceError{fault.Newf(fault.CodeTooLarge, "more than %d bytes", s.limit)}
		case err == io.EOF:
			return n, io.EOF
		case err != nil:
			return n, &sourceError{err}
		case m > 0:
			idle = 0
		default:
			if idle++; idle > 100 {
				return n, &sourceError{io.ErrNoProgress}
			}
		}
	}
	return n, nil
}

package blob

import (
	"context"
	"encoding/hex"
	"hash/crc32"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"castad/shared/fault"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// EnsureContainer creates the container, private, when it is absent. It is for
// the local stage; in Azure the deployment does it.
func (s *Store) EnsureContainer(ctx context.Context) error {
	_, err := s.container.Create(ctx, nil)
	if bloberror.HasCode(err, bloberror.ContainerAlreadyExists) {
		return nil
	}
	return classify(ctx, err, "create the container of", s.name)
}

// Stat is what is known of a blob without reading it.
type Stat struct {
	Kept
	ETag     string // with its quotes
	Modified time.Time

	crc []byte // nil = it was kept without
}

// Stat looks a blob up. A blob that Keep did not write has no SHA-256 and is
// an internal error.
func (s *Store) Stat(ctx context.Context, name string) (Stat, error) {
	if err := checkName(name); err != nil {
		return Stat{}, err
	}
	p, err := s.container.NewBlobClient(name).GetProperties(ctx, nil)
	if err != nil {
		return Stat{}, classify(ctx, err, "look up", name)
	}
	st := Stat{Kept: Kept{Name: name}}
	for k, v := range p.Metadata {
		if strings.EqualFold(k, checksumKey) && v != nil {
			sum, err := hex.DecodeString(*v)
			if err != nil || len(sum) != len(st.SHA256) {
				return Stat{}, fault.Newf(fault.CodeInternal, "look up blob %s: its sha256 is %.80q", name, *v)
			}
			st.SHA256 = [32]byte(sum)
		}
		if strings.EqualFold(k, crcKey) && v != nil {
			if st.crc, err = hex.DecodeString(*v); err != nil || len(st.crc) != crc32.Size {
				return Stat{}, fault.Newf(fault.CodeInternal, "look up blob %s: its crc32 is %.80q", name, *v)
			}
		}
	}
	if p.ETag == nil || p.LastModified == nil || p.ContentLength == nil || st.SHA256 == [32]byte{} {
		return Stat{}, fault.Newf(fault.CodeInternal, "look up blob %s: the answer lacks ETag, time, length or the sha256 that Keep writes", name)
	}
	st.ETag, st.Modified, st.Bytes = string(*p.ETag), *p.LastModified, *p.ContentLength
	if p.ContentType != nil {
		st.Type = *p.ContentType
	}
	return st, nil
}

// Delete removes a blob; an absent one is fine.
func (s *Store) Delete(ctx context.Context, name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	_, err := s.container.NewBlobClient(name).Delete(ctx, nil)
	if bloberror.HasCode(err, bloberror.BlobNotFound) {
		return nil
	}
	return classify(ctx, err, "delete", name)
}

// List calls fn for every blob whose name starts with prefix, in name order,
// with its size in bytes and its time of last change, until fn fails. Blobs
// added or removed meanwhile may or may not be seen.
func (s *Store) List(ctx context.Context, prefix string, fn func(name string, bytes int64, modified time.Time) error) error {
	for pages := s.container.NewListBlobsFlatPager(&container.ListBlobsFlatOptions{Prefix: &prefix}); pages.More(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return classify(ctx, err, "list", prefix)
		}
		for _, b := range page.Segment.BlobItems {
			p := b.Properties
			if b.Name == nil || p == nil || p.ContentLength == nil || p.LastModified == nil {
				return fault.Newf(fault.CodeInternal, "list blobs %s: an entry lacks name, length or time", prefix)
			}
			if err := fn(*b.Name, *p.ContentLength, *p.LastModified); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkName refuses names that clients and proxies rewrite. Names come from
// the server's own ids, so a bad one is a bug.
func checkName(name string) error {
	bad := name == "" || !utf8.ValidString(name) || utf8.RuneCountInString(name) > 1024 ||
		strings.HasPrefix(name, "/") || strings.HasSuffix(name, "/") || strings.HasSuffix(name, ".") ||
		strings.ContainsFunc(name, func(r rune) bool { return r == '\\' || unicode.IsControl(r) })
	for seg := range strings.SplitSeq(name, "/") {
		bad = bad || seg == "" || seg == "." || seg == ".."
	}
	if bad {
		return fault.Newf(fault.CodeInternal, "%.80q is not a blob name", name)
	}
	return nil
}

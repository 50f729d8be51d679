package s3

import (
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// properties of a new object besides those of backends.PutOptions.
type properties struct {
	class      types.StorageClass
	acl        types.ObjectCannedACL
	tags       *string // in the form of a query
	encryption types.ServerSideEncryption
	kmsKey     *string
	bucketKey  *bool
	redirect   *string // of a bucket that is a web site
}

// configured are the properties that the URL asks for.
func configured(cfg Config) properties {
	return properties{
		class:      cfg.StorageClass,
		acl:        cfg.ACL,
		tags:       optional(cfg.Tags),
		encryption: cfg.Encryption.Algorithm,
		kmsKey:     optional(cfg.Encryption.KMSKey),
		bucketKey:  cfg.Encryption.BucketKey,
	}
}

// ofCopy are the properties of an object's copy that the service does not
// carry over by itself: the source's class, redirect and KMS key. Where the
// URL names an encryption it is used, because a policy of the bucket may
// demand it; S3's own keys go without saying, because the bucket's default may
// be stronger by now. The source's ACL cannot be known, and its tags are copied
// in another way.
func (p properties) ofCopy(source *s3.HeadObjectOutput) properties {
	copied := p
	copied.class = source.StorageClass
	copied.redirect = source.WebsiteRedirectLocation
	if p.encryption == "" && isKMS(source.ServerSideEncryption) {
		copied.encryption = source.ServerSideEncryption
		copied.kmsKey = source.SSEKMSKeyId
		copied.bucketKey = source.BucketKeyEnabled
	}
	return copied
}

package blobserver

import (
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"strconv"
)

// apiError is an answer of the service that is not a success: the status, the
// code of x-ms-error-code and the message of the XML body.
type apiError struct {
	status        int
	code, message string
}

func (e *apiError) Error() string { return fmt.Sprintf("%d %s: %s", e.status, e.code, e.message) }

// The answers that more than one operation gives.
var (
	errContainerExists    = &apiError{409, "ContainerAlreadyExists", "The specified container already exists."}
	errContainerNotFound  = &apiError{404, "ContainerNotFound", "The specified container does not exist."}
	errBlobNotFound       = &apiError{404, "BlobNotFound", "The specified blob does not exist."}
	errBlobExists         = &apiError{409, "BlobAlreadyExists", "The specified blob already exists."}
	errConditionNotMet    = &apiError{412, "ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met."}
	errNotModified        = &apiError{304, "ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met."}
	errBlockIDLength      = &apiError{400, "InvalidBlobOrBlock", "The specified blob or block content is invalid: block ids of one blob must have one length."}
	errInvalidBlockList   = &apiError{400, "InvalidBlockList", "The specified block list is invalid."}
	errInvalidRange       = &apiError{416, "InvalidRange", "The range specified is invalid for the current size of the resource."}
	errAuthentication     = &apiError{403, "AuthenticationFailed", "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature."}
	errPermission         = &apiError{403, "AuthorizationPermissionMismatch", "This request is not authorized to perform this operation using this permission."}
	errAnonymous          = &apiError{401, "NoAuthenticationInformation", "Server failed to authenticate the request. Please refer to the information in the www-authenticate header."}
	errMD5Mismatch        = &apiError{400, "Md5Mismatch", "The MD5 value specified in the request did not match with the MD5 value calculated by the server."}
	errCRC64Mismatch      = &apiError{400, "Crc64Mismatch", "The CRC64 value specified in the request did not match with the CRC64 value calculated by the server."}
	errLength             = &apiError{411, "MissingContentLengthHeader", "Content-Length HTTP header is required."}
	errRequestBodyTooBig  = &apiError{413, "RequestBodyTooLarge", "The request body is too large and exceeds the maximum permissible limit."}
	errMetadataTooLarge   = &apiError{400, "MetadataTooLarge", "The metadata specified exceeds the maximum permissible limit."}
	errInvalidResource    = &apiError{400, "InvalidResourceName", "The specified resource name contains invalid characters."}
	errUnsupportedBlob    = &apiError{501, "NotImplemented", "Only block blobs are kept here."}
	errInvalidURI         = &apiError{400, "InvalidUri", "The requested URI does not represent any resource on the server."}
	errUnauthorizedAction = &apiError{403, "UnauthorizedBlobOverwrite", "This request is not authorized to perform blob overwrites."}
)

func badHeader(name string) error {
	return &apiError{400, "InvalidHeaderValue", "The value for one of the HTTP headers is not in the correct format: " + name + "."}
}

func badQuery(name string) error {
	return &apiError{400, "InvalidQueryParameterValue", "Value for one of the query parameters specified in the request URI is invalid: " + name + "."}
}

func notImplemented(what string) error {
	return &apiError{501, "NotImplemented", what + " is not implemented by the local blob server (see its README)."}
}

// fail answers with err; an error that is not an apiError is 500 InternalError.
func fail(w http.ResponseWriter, r *http.Request, err error) {
	var e *apiError
	if !errors.As(err, &e) {
		e = &apiError{500, "InternalError", "The server encountered an internal error: " + err.Error()}
	}
	h := w.Header()
	h.Set("x-ms-error-code", e.code)
	if e.status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", "SharedKey")
	}
	if r.Method == http.MethodHead || e.status == http.StatusNotModified {
		w.WriteHeader(e.status)
		return
	}
	body, _ := xml.Marshal(struct { // two strings always marshal
		XMLName xml.Name `xml:"Error"`
		Code    string
		Message string
	}{Code: e.code, Message: e.message + "\nRequestId:" + h.Get("x-ms-request-id")})
	body = append([]byte(xml.Header), body...)
	h.Set("Content-Type", "application/xml")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(e.status)
	_, _ = w.Write(body)
}

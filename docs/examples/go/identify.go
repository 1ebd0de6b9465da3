// Identifies code values over HTTP, on TCP or on a Unix socket.
// Reads lines of an openId, a space and a code value; prints a decision for each.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

// The time for a whole request.
const timeout = 2 * time.Second

// Codeid is a client with connections that stay open, for any number of goroutines.
type Codeid struct {
	url    string
	client *http.Client
}

// NewCodeid takes HOST:PORT, or the path of a Unix socket.
func NewCodeid(address string) *Codeid {
	network, host := "tcp", address
	if strings.Contains(address, "/") {
		network, host = "unix", "codeid"
	}
	transport := &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		},
		MaxConnsPerHost:     8,
		MaxIdleConnsPerHost: 8,
	}
	return &Codeid{"http://" + host + "/v1/identifyCode", &http.Client{Transport: transport, Timeout: timeout}}
}

// Response is the body of every status.
type Response struct {
	Result struct {
		ResultCode   string
		ResultStatus string
	}
	IsSupported             bool
	PostCodeMatchActionType string
	CodeValue               string
	RedirectURL             string
	Detail                  string
}

// Identify returns the response, whatever its status is.
func (codeid *Codeid) Identify(codeValue, openID string) (*Response, error) {
	body, err := json.Marshal(map[string]string{"codeValue": codeValue, "openId": openID})
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequest("POST", codeid.url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	// With this key the transport sends the request again if the daemon has closed the connection, to stop or because it was
	// idle: asking again changes nothing. An empty value is not sent.
	request.Header["Idempotency-Key"] = nil
	response, err := codeid.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	var decoded Response
	return &decoded, json.NewDecoder(response.Body).Decode(&decoded)
}

func decision(response *Response) string {
	switch {
	case response.Result.ResultStatus != "S":
		return response.Result.ResultCode + " " + response.Detail
	case !response.IsSupported:
		return "UNSUPPORTED"
	case response.PostCodeMatchActionType == "DECODE":
		return "DECODE " + response.CodeValue
	default:
		return "OPEN_URL " + response.RedirectURL
	}
}

func main() {
	codeid := NewCodeid(os.Args[1])
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		openID, codeValue, _ := strings.Cut(lines.Text(), " ")
		response, err := codeid.Identify(codeValue, openID)
		if err != nil {
			fmt.Println("failed:", err)
			continue
		}
		fmt.Println(decision(response))
	}
}

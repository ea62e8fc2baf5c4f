// Package memkv is named so that messages name the types as those of confd do.
package memkv

// KVPair is what get and gets give.
type KVPair struct {
	Key   string
	Value string
}

// KVPairs is what gets gives: not of the type that confd's reverse knows.
type KVPairs []KVPair

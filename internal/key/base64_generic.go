//go:build !amd64 || purego

package key

// beyondBlocks is how many bytes of memory decodeGroups overwrites behind what it decodes.
const beyondBlocks = 0

// decodeGroups decodes nothing: groups are decoded one by one on this processor.
func decodeGroups(_, _ []byte) int { return 0 }

// textGroups looks at nothing.
func textGroups(_ []byte) int { return 0 }

// waysAt is textWays for the probe at buf[at:].
func waysAt(buf []byte, at int) int { return textWays(buf[at : at+probeLength]) }

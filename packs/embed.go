// Package packs carries the packs that come with the program: the law of a jurisdiction as data.
package packs

import "embed"

// FS holds one folder a pack.
//
//go:embed cn-police it-road-fines nl-permit-receipt nl-permits
var FS embed.FS

// Names lists the packs.
var Names = []string{"cn-police", "it-road-fines", "nl-permit-receipt", "nl-permits"}

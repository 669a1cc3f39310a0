package scanner

import (
	"strings"

	"github.com/inspecto/insplint/rules"
)

// publicPrefixes lists the prefixes that make a framework put a variable's
// value into code that it ships, by the documentation of each framework.
// Prefixes that take effect only once somebody configures them (Tauri's, Bun's
// other than its default) are not here: they would accuse server variables.
var publicPrefixes = []rules.PublicPrefix{
	{Prefix: "BUN_PUBLIC_", Framework: "Bun"},
	{Prefix: "EXPO_PUBLIC_", Framework: "Expo"},
	{Prefix: "FARM_", Framework: "Farm"},
	{Prefix: "FRESH_PUBLIC_", Framework: "Deno Fresh"},
	{Prefix: "GATSBY_", Framework: "Gatsby"},
	{Prefix: "GRIDSOME_", Framework: "Gridsome"},
	{Prefix: "MAIN_VITE_", Framework: "electron-vite"}, // the main process is shipped, too
	{Prefix: "MIX_", Framework: "Laravel Mix"},
	{Prefix: "NEXT_PUBLIC_", Framework: "Next.js"},
	{Prefix: "NG_APP_", Framework: "Angular (@ngx-env/builder)"},
	{Prefix: "NUXT_PUBLIC_", Framework: "Nuxt"},
	{Prefix: "NX_PUBLIC_", Framework: "Nx"},
	{Prefix: "PAYLOAD_PUBLIC_", Framework: "Payload"},
	{Prefix: "PLASMO_PUBLIC_", Framework: "Plasmo"},
	{Prefix: "PREACT_APP_", Framework: "Preact CLI"},
	{Prefix: "PRELOAD_VITE_", Framework: "electron-vite"},
	{Prefix: "PUBLIC_", Framework: "SvelteKit, Astro, Qwik or Rsbuild"},
	{Prefix: "RAZZLE_", Framework: "Razzle"},
	{Prefix: "REACT_APP_", Framework: "Create React App"},
	{Prefix: "REDWOOD_ENV_", Framework: "RedwoodJS"},
	{Prefix: "RENDERER_VITE_", Framework: "electron-vite"},
	{Prefix: "SANITY_STUDIO_", Framework: "Sanity Studio"},
	{Prefix: "SNOWPACK_PUBLIC_", Framework: "Snowpack"},
	{Prefix: "STORYBOOK_", Framework: "Storybook"},
	{Prefix: "STRAPI_ADMIN_", Framework: "Strapi's admin panel"},
	{Prefix: "TARO_APP_", Framework: "Taro"},
	{Prefix: "UMI_APP_", Framework: "Umi"},
	{Prefix: "VITE_", Framework: "Vite"},
	{Prefix: "VUE_APP_", Framework: "Vue CLI"},
	{Prefix: "WAKU_PUBLIC_", Framework: "Waku"},
	{Prefix: "WXT_", Framework: "WXT"},
}

// publicPrefix is the longest prefix that makes the variable public; zero if
// none does. Case counts: no framework inlines "public_key".
func publicPrefix(variable string) rules.PublicPrefix {
	var longest rules.PublicPrefix
	for _, p := range publicPrefixes {
		if len(p.Prefix) > len(longest.Prefix) && strings.HasPrefix(variable, p.Prefix) {
			longest = p
		}
	}
	return longest
}

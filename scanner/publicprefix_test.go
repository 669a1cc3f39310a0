package scanner

import (
	"strings"
	"testing"
)

func TestPublicPrefix(t *testing.T) {
	for _, test := range []struct{ variable, prefix, framework string }{
		{"BUN_PUBLIC_INSPECTO_KEY", "BUN_PUBLIC_", "Bun"},
		{"EXPO_PUBLIC_KEY", "EXPO_PUBLIC_", "Expo"},
		{"FARM_KEY", "FARM_", "Farm"},
		{"FRESH_PUBLIC_KEY", "FRESH_PUBLIC_", "Deno Fresh"},
		{"GATSBY_KEY", "GATSBY_", "Gatsby"},
		{"GRIDSOME_KEY", "GRIDSOME_", "Gridsome"},
		{"MAIN_VITE_KEY", "MAIN_VITE_", "electron-vite"},
		{"MIX_KEY", "MIX_", "Laravel Mix"},
		{"NEXT_PUBLIC_INSPECTO_KEY", "NEXT_PUBLIC_", "Next.js"},
		{"NG_APP_KEY", "NG_APP_", "Angular (@ngx-env/builder)"},
		{"NUXT_PUBLIC_KEY", "NUXT_PUBLIC_", "Nuxt"},
		{"NX_PUBLIC_KEY", "NX_PUBLIC_", "Nx"},
		{"PAYLOAD_PUBLIC_KEY", "PAYLOAD_PUBLIC_", "Payload"},
		{"PLASMO_PUBLIC_KEY", "PLASMO_PUBLIC_", "Plasmo"},
		{"PREACT_APP_KEY", "PREACT_APP_", "Preact CLI"},
		{"PRELOAD_VITE_KEY", "PRELOAD_VITE_", "electron-vite"},
		{"PUBLIC_INSPECTO_KEY", "PUBLIC_", "SvelteKit, Astro, Qwik or Rsbuild"},
		{"RAZZLE_KEY", "RAZZLE_", "Razzle"},
		{"REACT_APP_KEY", "REACT_APP_", "Create React App"},
		{"REDWOOD_ENV_KEY", "REDWOOD_ENV_", "RedwoodJS"},
		{"RENDERER_VITE_KEY", "RENDERER_VITE_", "electron-vite"},
		{"SANITY_STUDIO_KEY", "SANITY_STUDIO_", "Sanity Studio"},
		{"SNOWPACK_PUBLIC_KEY", "SNOWPACK_PUBLIC_", "Snowpack"},
		{"STORYBOOK_KEY", "STORYBOOK_", "Storybook"},
		{"STRAPI_ADMIN_KEY", "STRAPI_ADMIN_", "Strapi's admin panel"},
		{"TARO_APP_KEY", "TARO_APP_", "Taro"},
		{"UMI_APP_KEY", "UMI_APP_", "Umi"},
		{"VITE_KEY", "VITE_", "Vite"},
		{"VUE_APP_KEY", "VUE_APP_", "Vue CLI"},
		{"WAKU_PUBLIC_KEY", "WAKU_PUBLIC_", "Waku"},
		{"WXT_API_KEY", "WXT_", "WXT"},

		{"", "", ""},
		{"INSPECTO_API_KEY", "", ""},
		{"NEXT_PRIVATE_KEY", "", ""},
		{"MY_PUBLIC_KEY", "", ""},       // only at the start of the name
		{"MY_NEXT_PUBLIC_KEY", "", ""},  //
		{"public_key", "", ""},          // case counts
		{"publicKey", "", ""},           //
		{"next_public_key", "", ""},     //
		{"TAURI_SIGNING_KEY", "", ""},   // public only where envPrefix says so
		{"NX_CLOUD_ACCESS_KEY", "", ""}, //
		{"PUBLICATION_KEY", "", ""},
	} {
		got := publicPrefix(test.variable)
		if got.Prefix != test.prefix || got.Framework != test.framework {
			t.Errorf("publicPrefix(%q) = %+v, want %q of %q", test.variable, got, test.prefix, test.framework)
		}
	}
}

func TestLongestPublicPrefixWins(t *testing.T) {
	for _, p := range publicPrefixes {
		if got := publicPrefix(p.Prefix + "KEY"); got != p {
			t.Errorf("%sKEY is taken for %+v", p.Prefix, got)
		}
		if !strings.HasSuffix(p.Prefix, "_") {
			t.Errorf("%q does not end a word", p.Prefix)
		}
	}
}

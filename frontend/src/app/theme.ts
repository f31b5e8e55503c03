import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from "@mantine/core";
import { t } from "./t";

const lapis: MantineColorsTuple = [
  "#e3fafc",
  "#c5f6fa",
  "#99e9f2",
  "#66d9e8",
  "#3bc9db",
  "#22b8cf",
  "#15aabf",
  "#0f8294",
  "#0b7285",
  "#095c6b",
];

export const theme = createTheme({
  colors: { lapis },
  primaryColor: "lapis",
  primaryShade: { light: 8, dark: 8 },
  defaultRadius: "sm",
  fontFamily: "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif",
  fontFamilyMonospace: "ui-monospace, SFMono-Regular, Menlo, Consolas, monospace",
  headings: {
    fontWeight: "600",
    sizes: { h1: { fontSize: "1.35rem" }, h2: { fontSize: "1.05rem" }, h3: { fontSize: "0.95rem" } },
  },
  respectReducedMotion: true,
  cursorType: "pointer",
  components: {
    Button: { defaultProps: { size: "xs" } },
    ActionIcon: { defaultProps: { variant: "subtle", color: "gray", size: "md" } },
    // What may be read but not changed must still be readable.
    Input: { styles: { wrapper: { "--input-disabled-color": "var(--mantine-color-text)" } } },
    TextInput: { defaultProps: { size: "xs" } },
    PasswordInput: { defaultProps: { size: "sm" } },
    Textarea: { defaultProps: { size: "xs" } },
    NumberInput: { defaultProps: { size: "xs" } },
    Select: { defaultProps: { size: "xs" } },
    NativeSelect: { defaultProps: { size: "xs" } },
    MultiSelect: { defaultProps: { size: "xs" } },
    TagsInput: { defaultProps: { size: "xs" } },
    Checkbox: { defaultProps: { size: "xs" } },
    SegmentedControl: { defaultProps: { size: "xs" } },
    Tooltip: { defaultProps: { openDelay: 400, withArrow: true } },
    Table: { defaultProps: { verticalSpacing: 6, highlightOnHover: true } },
    Badge: {
      defaultProps: { variant: "default", size: "sm", radius: "sm", tt: "none", fw: 500 },
      styles: { root: { minWidth: "max-content" } },
    },
    // A coloured title on a tint of its colour is too faint to read.
    Alert: { styles: { label: { color: "var(--mantine-color-text)" } } },
    // The first item takes the focus, as menus do; a placeholder among the items would be no item.
    Menu: { defaultProps: { withInitialFocusPlaceholder: false } },
    Modal: {
      defaultProps: {
        centered: true,
        transitionProps: { duration: 120 },
        closeButtonProps: { "aria-label": t("common.close") },
      },
    },
  },
});

/** Secondary text dark enough for 4.5 : 1 on the page and on a raised surface. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: { "--mantine-color-dimmed": "#5c636a", "--mantine-color-placeholder": "#6c757d" },
  dark: { "--mantine-color-dimmed": "#a6a7ab", "--mantine-color-placeholder": "#a6a7ab" },
});

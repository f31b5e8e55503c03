import { Anchor, type AnchorProps, Button, type ButtonProps, NavLink, type NavLinkProps } from "@mantine/core";
import { createLink } from "@tanstack/react-router";
import type { ComponentPropsWithRef } from "react";

type A<P> = P & Omit<ComponentPropsWithRef<"a">, keyof P>;

/** Mantine's look on the router's typed links. */
export const LinkButton = createLink((props: A<ButtonProps>) => <Button component="a" {...props} />);
export const TextLink = createLink((props: A<AnchorProps>) => <Anchor size="sm" {...props} />);
export const NavItem = createLink((props: A<NavLinkProps>) => <NavLink component="a" {...props} />);

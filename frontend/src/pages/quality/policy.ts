/** Seconds a day of a person, for a skill, or of anybody. */
export interface DailyBudget {
  person: string | null;
  skill: string | null;
  seconds_per_day: number;
}

const HOUR = 3_600;

/** Whose a budget is, as one word: "person:ID", "skill:NAME", "" for anybody. */
export function ownerOf({ person, skill }: Pick<DailyBudget, "person" | "skill">): string {
  if (person) return `person:${person}`;
  return skill ? `skill:${skill}` : "";
}

/** The same budget of somebody else; a skill may have colons in its name. */
export function withOwner(budget: DailyBudget, owner: string): DailyBudget {
  const [kind] = owner.split(":", 1);
  const name = owner.slice(owner.indexOf(":") + 1);
  return { ...budget, person: kind === "person" ? name : null, skill: kind === "skill" ? name : null };
}

/** An hour a day of the first owner who has no budget yet; nothing where all have one: nobody may have two. */
export function nextBudget(budgets: readonly DailyBudget[], owners: readonly string[]): DailyBudget | undefined {
  const taken = new Set(budgets.map(ownerOf));
  const free = owners.find((owner) => !taken.has(owner));
  return free === undefined ? undefined : withOwner({ person: null, skill: null, seconds_per_day: HOUR }, free);
}

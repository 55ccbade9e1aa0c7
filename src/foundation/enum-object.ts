/** What an object of constants has to hold for the ambient enumeration that gives it its type. */

/** The members of an enumeration by name, without TypeScript's names by value. */
export type EnumObject<E> = { readonly [Name in keyof E as Name extends string ? Name : never]: E[Name] };

/** The older majors come under other names; what the tests use of them has the same types. */
declare module "express4" {
  export { default } from "express";
}

declare module "koa2" {
  export { default } from "koa";
}

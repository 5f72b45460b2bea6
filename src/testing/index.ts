export { type ContractCheck, storeContract } from "./store-contract.ts";

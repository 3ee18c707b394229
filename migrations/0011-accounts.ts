/** Who may come in: people's accounts, keys of machines and programs, and what was answered to a
 *  repeated request. The sign-in library's own tables stand in a schema of their own. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await library(db)
  await sql`
    -- Which person a sign-in belongs to; a person has at most one.
    create table account (
      agency_id integer not null,
      person_id bigint not null,
      -- unique in the installation: whoever signs in does not name an agency
      login text not null unique check (login ~ '^[a-z][a-z0-9._-]{1,39}$'),
      user_id text not null unique,
      -- the password is still the one a practice bureau was founded with
      first_password boolean not null default false,
      created_at timestamptz not null,
      disabled_at timestamptz,
      primary key (agency_id, person_id),
      foreign key (agency_id, person_id) references person (agency_id, id)
    );

    create table api_key (
      agency_id integer not null,
      id bigint generated always as identity,
      name text not null check (length(name) between 1 and 60),
      kind text not null check (kind in ('person', 'machine')),
      -- the person it acts as, or who answers for the machine
      person_id bigint not null,
      -- SHA-256 of a secret of 32 random bytes; the secret itself is nowhere
      secret_hash bytea not null check (length(secret_hash) = 32),
      scopes text[] not null check (cardinality(scopes) > 0),
      created_at timestamptz not null,
      created_by bigint,
      expires_at timestamptz not null,
      last_used_at timestamptz,
      revoked_at timestamptz,
      primary key (agency_id, id),
      -- a machine neither reviews nor signs
      check (kind = 'person' or scopes <@ array['read', 'import']),
      check (expires_at > created_at),
      foreign key (agency_id, person_id) references person (agency_id, id),
      foreign key (agency_id, created_by) references person (agency_id, id)
    );

    -- One row a request that named an Idempotency-Key; kept for 24 hours.
    create table idempotency (
      agency_id integer not null references agency (id),
      actor text not null,
      key text not null check (length(key) between 1 and 200),
      route text not null,
      body_hash bytea not null check (length(body_hash) = 32),
      -- who carries it out, until when; a process that died gives it up by doing nothing
      token uuid not null,
      claimed_until timestamptz not null,
      -- set in the very transaction that wrote what was asked for
      carried_out boolean not null default false,
      status smallint,
      -- head and body of the answer, sealed: an answer may hold what the database must not know
      answer bytea,
      at timestamptz not null default clock_timestamp(),
      primary key (agency_id, actor, key),
      check ((status is null) = (answer is null))
    );
    create index idempotency_by_age on idempotency (agency_id, at);

    grant select, insert, update on account, api_key to duoling_hub;
    grant select, insert, update, delete on idempotency to duoling_hub;
  `.execute(db)
}

/** The statements are those the library's own generator wrote (version 1.7.25). */
async function library(db: Kysely<unknown>): Promise<void> {
  await sql`
    create schema auth;

    create table auth."user" (
      "id" text not null primary key,
      "name" text not null,
      "email" text not null unique,
      "emailVerified" boolean not null,
      "image" text,
      "createdAt" timestamptz default current_timestamp not null,
      "updatedAt" timestamptz default current_timestamp not null
    );

    create table auth."session" (
      "id" text not null primary key,
      "expiresAt" timestamptz not null,
      "token" text not null unique,
      "createdAt" timestamptz default current_timestamp not null,
      "updatedAt" timestamptz not null,
      "ipAddress" text,
      "userAgent" text,
      "userId" text not null references auth."user" ("id") on delete cascade
    );
    create index "session_userId_idx" on auth."session" ("userId");

    create table auth."account" (
      "id" text not null primary key,
      "accountId" text not null,
      "providerId" text not null,
      "userId" text not null references auth."user" ("id") on delete cascade,
      "accessToken" text,
      "refreshToken" text,
      "idToken" text,
      "accessTokenExpiresAt" timestamptz,
      "refreshTokenExpiresAt" timestamptz,
      "scope" text,
      "password" text,
      "createdAt" timestamptz default current_timestamp not null,
      "updatedAt" timestamptz not null
    );
    create index "account_userId_idx" on auth."account" ("userId");

    create table auth."verification" (
      "id" text not null primary key,
      "identifier" text not null,
      "value" text not null,
      "expiresAt" timestamptz not null,
      "createdAt" timestamptz default current_timestamp not null,
      "updatedAt" timestamptz default current_timestamp not null
    );
    create index "verification_identifier_idx" on auth."verification" ("identifier");

    -- One row a wrong password, also for a login nobody has: an unknown one locks like a known one.
    create table auth.wrong_password (
      id bigint generated always as identity primary key,
      login_hash bytea not null check (length(login_hash) = 32),
      at timestamptz not null default clock_timestamp()
    );
    create index wrong_password_by_login on auth.wrong_password (login_hash, at);

    grant usage on schema auth to duoling_hub;
    grant select, insert, update, delete on all tables in schema auth to duoling_hub;
  `.execute(db)
}

-- +goose Up
-- How often an account was locked in a row.
ALTER TABLE account ADD COLUMN locks INTEGER NOT NULL DEFAULT 0;

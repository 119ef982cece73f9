-- +goose Up
-- How often an account was locked in a row.
ALTER TABLE account ADD COLUMN locks bigint NOT NULL DEFAULT 0;

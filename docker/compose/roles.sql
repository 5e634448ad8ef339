-- The role that the brokers serve as; what it may do, the migration grants.
create role broker login password 'broker';

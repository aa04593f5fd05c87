//! Microsoft Graph: the client and the wire types.
